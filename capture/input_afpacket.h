/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_INPUT_AFPACKET_H
#define CAPTURE_INPUT_AFPACKET_H

#include "capture/input_live.h"

/* capture/input_afpacket.h - frames of one interface from the kernel's ring (packet(7), TPACKET_V3): the kernel fills blocks of
 * shared memory, frames are read where they lie, a block goes back when the frame after its last is asked for.
 *
 * Passive: the interface's address and state are not touched, promiscuous mode is asked for by membership and ends with the socket,
 * no ring for sending exists, and nothing here writes to the socket (privileges_options.mute has the kernel refuse it).
 *
 * VLAN tags that the card or kernel took out of a frame are put back, so that a frame looks as it did on the wire. On a loopback
 * interface each frame passes twice; the outgoing copy is left out and counted.
 *
 * Down and up: while the interface is down nothing comes; frames flow again by themselves when it is up. One that was removed (a
 * USB or virtual card) is taken up again when one of that name and kind appears (links_changed).
 *
 * Kinds: Ethernet, loopback, and those without link header (tun, WireGuard). */

/* -EOPNOTSUPP: not this kind of interface, or no TPACKET_V3; input_interface_open then takes libpcap. */
int input_afpacket_open(struct input_live **out, const char *interface, const struct live_options *options, struct error *err);

/* The socket, for privileges_options.mute. */
int input_afpacket_fd(const struct input_live *in);
/* True for inputs made by input_afpacket_open. */
bool input_is_afpacket(const struct input_live *in);

#endif
