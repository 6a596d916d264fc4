"""How a module that its paper describes for wide networks is fitted to a narrow one. At the papers' widths nothing changes."""

__all__ = ["group_count", "hidden_channels"]


def hidden_channels(channels: int, ratio: int) -> int:
    """Channels of a bottleneck that reduces by `ratio`, at least one."""
    return max(1, channels // ratio)


def group_count(channels: int, most: int, least: int = 4) -> int:
    """The largest power of two up to `most` that divides `channels` and leaves at least `least` channels a group; else 1.

    The default is the narrowest group that SGE and shuffle attention have in ResNet-50: 256 channels in 64 groups.
    """
    groups = 1
    while 2 * groups <= most and channels % (2 * groups) == 0 and channels // (2 * groups) >= least:
        groups *= 2
    return groups
