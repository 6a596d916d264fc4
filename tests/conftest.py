"""One thread a test process: the suite itself runs one process a core. And Ctrl-C reaches the commands that tests start."""

import os
import signal

os.environ.setdefault("OMP_NUM_THREADS", "1")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell leaves it in the background, for children too
    signal.signal(signal.SIGINT, signal.default_int_handler)
