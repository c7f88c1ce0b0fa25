/* SPDX-License-Identifier: MIT */
/* pcap and pcapng: the first byte says in what steps the file can be read, the rest is the file. */
#include "capture/input_file.h"
#include "tests/fuzz/fuzz_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct byte_window window;
	struct input_file *file = NULL;
	struct frame frame;
	struct error err = { "" };
	if (byte_window_init(
		&window, memory_source_new(slice_of(data + 1, size - 1), data[0] ? data[0] * 16u : 1)) < 0)
		abort();
	(void)byte_window_need(&window, 4);
	struct slice head = slice_of(window.at, byte_window_left(&window));
	if ((input_pcap_knows(head) && input_pcap_new(&file, &window) == 0) ||
	    (input_pcapng_knows(head) && input_pcapng_new(&file, &window) == 0)) {
		file->input.name = strdup("memory");
		enum input_status status;
		uint64_t last = 0;
		while ((status = input_next(&file->input, &frame, &err)) == INPUT_FRAME) {
			FUZZ_CHECK(frame.time_us >= 0);
			FUZZ_CHECK(frame.bytes.len <= INPUT_PACKET_MAX);
			FUZZ_CHECK(frame.number > last);
			last = frame.number;
			fuzz_touch(frame.bytes);
		}
		FUZZ_CHECK(status == INPUT_END);
		FUZZ_CHECK((file->input.damaged > 0) == (file->input.damage.text[0] != 0));
		input_close(&file->input);
	} else {
		byte_window_fini(&window);
	}
	return 0;
}
