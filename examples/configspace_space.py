"""ConfigSpace: the space as a `ConfigurationSpace`, its configurations as blocks, and back."""

from sase_bench import Architecture, Space

space = Space("tied").configuration_space(seed=0)
for configuration in space.sample_configuration(3):
    arch = Architecture.from_operations(dict(configuration))
    assert Space("tied").configuration(arch) == dict(configuration)
    print(arch.index, arch)
