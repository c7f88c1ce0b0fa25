#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""memory.py PROGRAM [ARGUMENT...]: runs it with its output thrown away; prints its largest resident size in kB."""
import resource
import subprocess
import sys

done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=False)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
