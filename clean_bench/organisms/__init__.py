"""Control models (organisms): small language models with problems planted at known doses.

Importing this package registers `organism:NAME` as a checkpoint, and `organism:NAME/planted` and
`organism:NAME/twin` as problem sets.
"""

from clean_bench.checkpoints import register_resolver
from clean_bench.organisms.shipped import PREFIX, organism_checkpoint, organism_set
from clean_bench.problems.load import register_set_resolver

register_resolver(PREFIX, organism_checkpoint)
register_set_resolver(PREFIX, organism_set)
