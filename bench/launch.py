"""Runs one program and writes what it cost: launch.py RESULT SECONDS PROGRAM [ARGUMENT]...

A process of its own, and a small one, since the kernel counts the memory of the process that
forks as the first peak of the program. What it has itself (about 9 MiB) is the least that can be
measured. SECONDS limits the CPU time, and ten times as many the time on the clock: a busy machine
makes nobody slow. Bytes read are those of read, pread64 and the like (rchar), not mapped pages.
"""

import json
import os
import resource
import sys
import time

MEMORY = 12 << 30  # of private pages: a scanner that wants more fails instead of the machine


def cpu_seconds(process):
    with open(f"/proc/{process}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")  # its own, and of children it waited for


def main():
    result, limit, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        os.execvp(command[0], command)
    stopped = False
    while not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        wall = time.monotonic() - started
        if not stopped and wall > limit and (wall > 10 * limit or cpu_seconds(child) > limit):
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
