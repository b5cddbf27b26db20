"""Runs one program and writes what it cost: launch.py RESULT SECONDS PROGRAM [ARGUMENT]...

A process of its own, and a small one, since the kernel counts the memory of the process that
forks as the first peak of the program. What it has itself (about 9 MiB) is the least that can be
measured. Bytes read are those of read, pread64 and the like (rchar); mapped pages are not among them.
"""

import json
import os
import resource
import sys
import time

MEMORY = 12 << 30  # of private pages: a scanner that wants more fails instead of the machine


def main():
    result, limit, command = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        os.execvp(command[0], command)
    stopped = False
    while not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        if not stopped and time.monotonic() - started > limit:
            os.killpg(child, 9)
            stopped = True
        time.sleep(0.001)
    wall = time.monotonic() - started
    with open(f"/proc/{child}/io") as io:  # still there: nobody has waited for it yet
        counters = dict(line.split(": ") for line in io)
    _, status, usage = os.wait4(child, 0)
    with open(result, "w") as file:
        json.dump({"cpu": usage.ru_utime + usage.ru_stime, "wall": wall, "peak": usage.ru_maxrss * 1024,
                   "read": int(counters["rchar"]), "exit": os.waitstatus_to_exitcode(status), "stopped": stopped}, file)


main()
