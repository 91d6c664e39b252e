"""The baseline of decode.rs: nanoseconds that cantools takes per frame, the median of five runs.

Reads "ID DATA" lines in hexadecimal from standard input; the DBC's path is the one argument.
"""

import statistics
import sys
import time

import cantools

database = cantools.database.load_file(sys.argv[1])
frames = []
for line in sys.stdin:
    identifier, *data = line.split()
    message = database.get_message_by_frame_id(int(identifier, 16))
    frames.append((message, bytes.fromhex("".join(data))))

runs = []
for _ in range(5):
    start = time.perf_counter_ns()
    for message, data in frames:
        message.decode(data, decode_choices=False, allow_truncated=True)
    runs.append((time.perf_counter_ns() - start) / len(frames))
print(statistics.median(runs))
