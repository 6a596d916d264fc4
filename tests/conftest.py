"""One thread a test process: the suite itself runs one process a core."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
