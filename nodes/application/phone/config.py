"""What a lab file may say about `phone`, with every default and its unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, get_args

from catenet.nodes.application.directory.message import NAME, PASSWORD_LIMIT
from catenet.nodes.control.units import About, OptionError, Secret

__all__ = ["PhoneOptions"]

Switch = Literal["on", "off"]
Paths = Literal["any", "relayed"]


@dataclass(frozen=True, slots=True)
class PhoneOptions:
    """`phone:` of a lab file."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    user: Annotated[str, About("Whose phone it is: one of the directory's accounts.")]
    password: Annotated[Secret, About("His password there.")]
    directory: Annotated[str, About("The node that has the directory. Without it: the lab's only one.")] = ""
    contacts: Annotated[
        tuple[str, ...],
        About("Users whom he asks to be his contacts, and whom he accepts. Others cannot call him, nor he them."),
    ] = ()
    answers: Annotated[
        Switch, About("Whether the phone answers by itself, at once; else its user does, by `catenet answer`.")
    ] = "off"
    speech: Annotated[
        str,
        About(
            "What it says in a call, again and again: a wav file in the lab's folder, 8 kHz and one channel, 16-bit "
            "samples or G.711. Without it: the image's recording."
        ),
    ] = ""
    paths: Annotated[
        Paths,
        About("By which paths calls go. `relayed`: the other learns no address of this phone but those of relays."),
    ] = "any"
    encryption: Annotated[
        Switch,
        About("Whether calls are encrypted. `off` on both sides: in the clear, to hear what relays could hear then."),
    ] = "on"

    def __post_init__(self) -> None:
        for option, names in (("user", (self.user,)), ("contacts", self.contacts)):
            for name in names:
                if NAME.fullmatch(name) is None:
                    raise OptionError(f"{option}: {name[:80]!r} is no name of an account", option, inner=name)
        if self.user in self.contacts:
            raise OptionError(f"contacts: {self.user} is the user himself", "contacts", inner=self.user)
        if not 0 < len(self.password) <= PASSWORD_LIMIT or not self.password.isprintable():
            raise OptionError(f"password: not 1 to {PASSWORD_LIMIT} letters or signs", "password")
        for option, words in (("answers", Switch), ("paths", Paths), ("encryption", Switch)):
            if getattr(self, option) not in get_args(words):
                known = ", ".join(get_args(words))
                raise OptionError(f"{option} {getattr(self, option)!r} is none of {known}", option)
