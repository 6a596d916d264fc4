"""What a run is made on: its `processor`, its `memory`, and its `provenance`, the columns of a record that say so.

A driver that never trains signs for a dead worker, so nothing here imports torch before it is asked about a device.
"""

__all__: list[str] = []
