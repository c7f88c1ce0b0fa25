/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_PCAP_WRITER_H
#define CAPTURE_PCAP_WRITER_H

#include "capture/frame.h"
#include "core/error.h"

/* capture/pcap_writer.h - frames into a classic pcap file (version 2.4, microseconds, little-endian on every
 * machine): evidence that any other tool opens. Life: pcap_writer_open, pcap_writer_add for each frame,
 * pcap_writer_close. Memory: a buffer of 64 KiB. */

struct pcap_writer;

/* Makes or empties the file (mode 0640 less the umask: captures hold other people's calls; a symbolic link is
 * not followed) and writes the header. `link_type` is the LINKTYPE_ of all its frames; frames are cut at
 * `snaplen` bytes, 0 standing for 262144, the most that readers take. 0, or a negative errno with *err. */
int pcap_writer_open(struct pcap_writer **out, const char *path, uint16_t link_type, uint32_t snaplen,
		     struct error *err);

/* 0; -EINVAL when the frame is of another link type: it is not written and the file stays good; or a negative
 * errno when the file cannot be written, now and for every later call, the sentence for which comes from
 * pcap_writer_close. */
int pcap_writer_add(struct pcap_writer *w, const struct frame *frame);

/* Writes what is left and releases everything. 0, or the first failure of the writer's life with *err. NULL
 * is fine. */
int pcap_writer_close(struct pcap_writer *w, struct error *err);

#endif
