"""What the boards will get: a bundle for every pole, an image for every chip. Made before the boards wait for it."""

from yigan import bundle, flash
from yigan.bench.roster import Entry, Roster
from yigan.bundle import Bundle
from yigan.deploy.facts import OLDEST
from yigan.errors import LinkError
from yigan.images import Image
from yigan.lang import t


class Stock:
    """`images`: chip -> Image, in place of those that the store has for the poles' boards."""

    def __init__(self, roster: Roster, images: dict[str, Image] | None = None):
        self.roster, self._images = roster, images
        self._bundles: dict[str, Bundle] = {}

    def build(self) -> None:
        """ConfigError when a pole cannot be built."""
        for row in self.roster.rows:
            if row.id not in self._bundles:
                self._bundles[row.id] = bundle.build(row.pole)

    def bundle(self, pole: str) -> Bundle:
        return self._bundles[pole]

    def image(self, row: Entry) -> Image:
        """ConfigError, Refused when there is none for the board of this pole."""
        if self._images and row.chip in self._images:
            return self._images[row.chip]
        return flash.choose(board=row.board)[row.chip]

    def image_for(self, chip: str) -> Image:
        """For a chip that does not say more of itself. LinkError when no pole of the roster has it."""
        row = next((row for row in self.roster.rows if row.chip == chip), None)
        if row is None:
            raise LinkError(
                t("No pole of the roster has a {c}.", "清单中没有使用 {c} 的灯杆。", c=chip or "?")
            )
        return self.image(row)


def too_old(version: str) -> bool:
    """Whether the deploy would refuse this MicroPython."""
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    return len(numbers) == 2 and numbers < OLDEST
