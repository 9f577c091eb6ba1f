"""What the process from which workers are forked loads first: the system ends it with the one that has started it.

By itself it would find out only when it has loaded all the others, which takes seconds. Linux alone knows the call.
"""

import ctypes
import signal
import sys

# PR_SET_PDEATHSIG of <sys/prctl.h>; what is forked later does not have it.
SIGNAL_WHEN_PARENT_ENDS = 1

if sys.platform == "linux":
    ctypes.CDLL(None).prctl(SIGNAL_WHEN_PARENT_ENDS, signal.SIGKILL)
