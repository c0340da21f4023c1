"""Images: declarations of a spec and of `std.images`, and how they are named: `images.ubuntu_noble`, `trafficgen`."""

from __future__ import annotations

from erisc.base.record import fields, is_record
from erisc.compiler import ast
from erisc.compiler.constants import Constants
from erisc.compiler.context import Context, field_key
from erisc.compiler.library import module
from erisc.compiler.plan import Image, Scalar
from erisc.compiler.program import Declared, article
from erisc.compiler.source import Source, did_you_mean, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_FIELDS = ("base", "packages", "disk", "properties")
_LIBRARY = "images"


def build_image(context: Context, declared: Declared) -> Image:
    """The image in the Plan."""
    node, source = declared.node, declared.source
    constants = context.constants(source)
    fields = context.fields(node.block, source, _FIELDS, "an image")
    if "base" not in fields:
        help_ = f'write image {node.name.text} {{ base = "debian-12" }}'
        context.findings.add("E0310", f"image `{node.name.text}` needs a `base`", source.span(node.name), help=help_)
    base = constants.text(fields["base"].value, what="`base`") if "base" in fields else None
    packages = _texts(constants, fields["packages"].value) if "packages" in fields else ()
    disk = constants.number(fields["disk"].value, "size", what="`disk`", low=1) if "disk" in fields else None
    properties = _properties(context, fields["properties"], source) if "properties" in fields else ()
    return Image(
        node.name.text, base or "", packages, None if disk is None else float(disk), properties, source.span(node)
    )


def _texts(constants: Constants, node: ast.Node) -> tuple[str, ...]:
    if not isinstance(node, ast.ListOf):
        span = constants.source.span(node)
        constants.findings.add("E0301", "`packages` is a list of strings", span, help='write packages = ["iperf3"]')
        return ()
    texts = [constants.text(item, what="a package") for item in node.items]
    return tuple(text for text in texts if text is not None)


def _properties(context: Context, field: ast.Field, source: Source) -> tuple[tuple[str, Scalar], ...]:
    if not isinstance(field.value, ast.Block):
        help_ = 'write properties { hw_disk_bus = "virtio" }'
        context.findings.add("E0301", "`properties` is a block", source.span(field.value), help=help_)
        return ()
    constants, made = context.constants(source), {}
    for inner in context.fields(field.value, source, (), "properties").values():
        value = constants.value(inner.value)
        if value is not None:
            made[field_key(inner)] = value.data
    return tuple(made.items())


class ImageNames:
    """What an `image = …` may say, and which images were named so far, in order."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def name(self, node: ast.Node, source: Source) -> str | None:
        """The name of an image of the cloud, a string, or of a declared one."""
        if isinstance(node, ast.Attribute) and isinstance(node.of, ast.Name) and node.of.word.text == _LIBRARY:
            return self._declared(node.name, source)
        if isinstance(node, ast.Name) and self._is_image(node.word.text):
            return self._declared(node.word, source)
        return self.context.constants(source).text(node, what="`image`")

    def _is_image(self, name: str) -> bool:
        program = self.context.program
        owner = program.owners.get(name, ("", None))[0]
        return owner != "param" and name not in program.names["param"] and name not in ("true", "false")

    def _declared(self, word: ast.Word, source: Source) -> str | None:
        context = self.context
        own = context.program.get("image", word.text)
        if own is not None or word.text in context.program.lost:
            return word.text
        if word.text in library_images(context):
            return word.text
        owner = context.program.owners.get(word.text)
        span = source.span(word)
        if owner is not None:
            labels = [(owner[1], "declared here")]
            summary = f"`{word.text}` is {article(owner[0])}, not an image"
            context.findings.add("E0205", summary, span, labels=labels)
            return None
        known = {*context.program.names["image"], *library_images(context)}
        guess = nearest(word.text, known)
        fix = (span, guess) if guess else None
        help_ = did_you_mean(word.text, known)
        context.findings.add("E0201", f"there is no image `{word.text}`", span, help=help_, fix=fix)
        return None


def library_images(context: Context) -> dict[str, Declared]:
    """The images of `std.images`, which need no import."""
    parsed = module(context.program, (_LIBRARY,), context.findings)
    images = [one for one in parsed.statements if isinstance(one, ast.Image)] if parsed else []
    return {image.name.text: Declared(image, parsed.source) for image in images if parsed}


def find_image(context: Context, name: str) -> Declared | None:
    """The declaration of an image that an architecture or topology names; None for an image of the cloud."""
    own = context.program.names["image"].get(name)
    return own or library_images(context).get(name)


def referenced(node: Any) -> Iterator[str]:
    """Names written as `images.NAME` anywhere below a node."""
    if isinstance(node, ast.Attribute) and isinstance(node.of, ast.Name) and node.of.word.text == _LIBRARY:
        yield node.name.text
    elif isinstance(node, tuple):
        for part in node:
            yield from referenced(part)
    elif is_record(node):
        for name in fields(node):
            yield from referenced(getattr(node, name))
