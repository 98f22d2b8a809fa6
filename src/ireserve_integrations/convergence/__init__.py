"""One pair, from what is owed to what the vendor holds: the grant's state machine.

    take ─► settle what was asked ─► decide (the plugin) ─► end what is to end ─► tell

Each step has its module, and is on disk before the next one begins. The plugin decides and makes a
grant; what must hold whatever a plugin does (labels, order, one current grant, ending) is here.
"""

from .means import Means
from .pair import Convergence, Walk
from .tell import failed, sentence
from .work import Instruction

__all__ = ["Convergence", "Instruction", "Means", "Walk", "failed", "sentence"]
