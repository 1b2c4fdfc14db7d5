"""Under which names members write anonymously: friendly, easy to tell apart, and drawn without a look at the member."""

from collections.abc import Collection
from random import Random, SystemRandom

# Birds and trees. None of them is a word of medicine or an insult, and none says where somebody lives.
_BIRDS = """
avocet bee-eater bittern blackbird blackcap bluebird bluethroat bobolink brambling bullfinch bunting bustard buzzard
cardinal chaffinch chickadee chiffchaff chough cockatoo condor coot cormorant corncrake crake crane crossbill cuckoo
curlew dipper dotterel dove dunlin dunnock egret eider falcon fieldfare finch firecrest flamingo flycatcher fulmar
gannet godwit goldcrest goldeneye goldfinch goosander goshawk grebe greenfinch greenshank grosbeak grouse guillemot
harrier hawfinch heron hobby hoopoe ibis jacana jackdaw jay junco kestrel kingfisher kinglet kite kittiwake knot
lapwing lark linnet lorikeet magpie mallard martin meadowlark merganser merlin moorhen nightingale nightjar nutcracker
nuthatch oriole osprey ouzel owl oystercatcher partridge pelican peregrine petrel phalarope pheasant pipit plover
pochard ptarmigan puffin quail raven redpoll redshank redstart robin roller ruff sanderling sandpiper sapsucker scaup
scoter serin shearwater shelduck shoveler shrike siskin skimmer skylark smew snipe sparrow spoonbill starling stilt
stonechat stork swallow swan swift tanager teal tern thrasher thrush towhee treecreeper turnstone twite vireo wagtail
warbler waxwing weaver wheatear whimbrel whinchat whitethroat wigeon willet woodcock woodlark woodpecker wren wryneck
yellowhammer
"""
_TREES = """
acacia alder almond ash aspen baobab beech birch catalpa cedar chestnut cypress elder elm fir ginkgo hawthorn hazel
hemlock hickory holly hornbeam juniper larch laurel linden magnolia maple mulberry oak olive pine plane poplar rowan
sequoia spruce sycamore tamarack tupelo walnut willow yew
"""
NAMES = tuple(f"Anonymous {word}" for word in (*_BIRDS.split(), *_TREES.split()))
_chance: Random = SystemRandom()


def draw_name(taken: Collection[str]) -> str:
    """A name that nobody in the thread has; with a number when all of them are taken."""
    free = [name for name in NAMES if name not in taken]
    if free:
        return _chance.choice(free)
    name = _chance.choice(NAMES)
    return next(f"{name} {number}" for number in range(2, len(taken) + 3) if f"{name} {number}" not in taken)
