"""Inputs too large to keep, each made to cost time, stack or memory: run.py gives them to their target first."""
import gzip
import json
import struct

MEBIBYTE = 1 << 20
BASE = ("assay: 1\nname: t\ndataset: toy\nmodel: mlp\nobjective: ce\noptimizer: {use: sgd, lr: 0.1}\n"
        "procedure: train\n")


def filled(piece, size=MEBIBYTE - 1, before=""):
    """`piece` again and again, up to `size` bytes."""
    return before + piece * ((size - len(before)) // len(piece))


def yaml():
    for piece in ("[:", "[[:", "[", "- ", "? ", '"', "&a ", "{a: ", "|\n", ": ", "%YAML 1.2\n", "[a: b, ", " #\n", "!a ",
                  "*a ", "a:\n", "\n", "a\n", ">\n\n", "'", "\\", "x: ", "---\n", "..."):
        yield filled(piece)
    for piece in ('"" ', "a, ", "a: b, ", "&a ", "? ", "'a': ", "*a, ", "{}, ", "[], ", "a\n", "!a "):
        yield filled(piece, before="[")
        yield filled(piece, before="{")
    yield "".join(" " * depth + "a:\n" for depth in range(1400))
    yield "".join(f"key{k}: {k}\n" for k in range(9000))
    yield "".join(f"{'k' * 90}{k}: 010\n" for k in range(9000))
    yield "".join(f"a{k}: &a{k} [*a{k - 1}, *a{k - 1}]\n" if k else "a0: &a0 [1]\n" for k in range(3000))


def numbered(count, text):
    return "".join(text.format(k) for k in range(count))


def experiment():
    long = "x" * 60
    yield BASE + "stages:\n" + numbered(4000, "  a{0}" + long + ": {{after: b{0}" + long + "}}\n")
    yield BASE + "stages:\n" + numbered(256, "  a{0:03}" + long + ": {{after: b{0:03}" + long + "}}\n")
    yield BASE + "stages:\n  a0: {}\n" + "".join(f"  a{k}: {{after: a{k - 1}}}\n" for k in range(1, 256))
    yield BASE + "stages:\n" + "".join(f"  a{k}: {{after: a{k + 1}}}\n" for k in range(255)) + "  a255: {}\n"
    yield BASE + "x: [" + "1, " * 4000 + "]\ny: [" + '"${x}", ' * 4000 + "]\n"
    yield BASE + "x: " + "long" * 20000 + "\ny: [" + '"a${x}", ' * 4000 + "]\n"
    yield BASE + numbered(9000, "k{0}" + "q" * 90 + ": 1\n")
    yield BASE + "k" * 1000 + ": 1\n" + "device: " + "k" * 900_000 + "\n"
    yield BASE.replace("train\n", "{use: train, " + numbered(9000, "w{0}: 1, ") + "}\n")
    yield BASE + "include: [" + "nofile, " * 9000 + "]\n"
    yield BASE + "sweep:\n" + numbered(4000, "  model.a{0}: [1]\n")
    yield BASE + "sweep:\n  seed: [" + numbered(300, "{0}, ") + "]\n  optimizer.lr: [" + numbered(300, "0.{0}1, ") + "]\n"
    yield BASE + "sweep: {optimizer.lr: {uniform: [0, 1]}}\nsearch: {use: sobol, trials: 9999999}\n"
    yield BASE + "sweep: {optimizer.lr: {uniform: [0, 1]}}\nsearch: {use: sobol, trials: 9, seed: 9223372036854775807}\n"
    yield BASE + "sweep: {model" + ".a" * 100_000 + ": [1]}\n"
    yield BASE + "sweep: {seed: [" + numbered(9000, "{0}, ") + "]}\n"


def override():
    yield "optimizer.lr=" + "1" * 900_000
    yield numbered(1000, "+stages.a{0}={{}}\n")
    yield numbered(1000, "key{0}=1\n")
    yield ".".join("a" * 100_000) + "=1"


def json_texts():
    for piece in ("[", '{"a":', "[[],", '{"a":{},', "[1,", "[0.5,", '["",', '["a",', "[{},", "[null,"):
        yield filled(piece, MEBIBYTE)
        closed = piece[:-1] if piece.endswith(",") else ""
        if closed:
            yield piece + ",".join([closed[1:]] * ((MEBIBYTE - 64) // len(closed))) + "]"
    yield json.dumps({str(k): k for k in range(4096)})
    yield json.dumps({str(k): k for k in range(100_000)})
    yield json.dumps([{str(k): k for k in range(8)}] * 2000)
    yield json.dumps("x" * (MEBIBYTE - 64))


def wrapped(before, after):
    for text in json_texts():
        yield before + text + after


def state():
    yield from wrapped('{"unit":1,"scalars":{"x":', "}}")
    yield from wrapped('{"unit":1,"scalars":', "}")
    yield from wrapped('{"unit":1,"scalars":{"x":{"use":"a","b":', "}}}")
    yield from wrapped('{"unit":1,"scalars":{"x":{"reals":', "}}}")


def job():
    yield from json_texts()
    yield from wrapped('{"dir":"","name":"","stage":"","id":"","seed":1,"device":"","threads":1,"deterministic":true,'
                       '"components":{"model":{"use":"x","y":', "}}}")


def event():
    yield from wrapped('{"event":"end","state":"x","error":', "}")
    yield from wrapped('{"event":"progress","unit":1,"units":2,"metrics":', "}")


def probe():
    yield from wrapped('{"name":"x","type":"components","default":', ',"range":{}}')


def safetensors_bytes(header, data=b""):
    return struct.pack("<Q", len(header)) + header.encode() + data


def safetensors():
    entry = '"{0}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'
    for count in (16_384, 16_385):
        yield safetensors_bytes("{" + ",".join(entry.format(k) for k in range(count)) + "}")
    shape = ",".join("0" * 64)
    yield safetensors_bytes("{" + ",".join(entry.format(k).replace("[0]", f"[{shape}]") for k in range(16_000)) + "}")
    yield safetensors_bytes('{"__metadata__":{' + ",".join(f'"{k}":""' for k in range(16_384)) + "}}")
    yield safetensors_bytes('{"__metadata__":{"a":"' + "x" * (16 * MEBIBYTE - 40) + '"}}')
    yield safetensors_bytes('{"a":{"dtype":"U8","shape":[100000000],"data_offsets":[0,100000000]}}', bytes(100_000_000))
    for piece in ("[", '{"a":', "1,", '"', " ", '{"a":{"shape":[1,'):
        yield safetensors_bytes(filled(piece, 16 * MEBIBYTE, "{"))


def idx():
    yield struct.pack(">IIII", 2051, 60_000, 1000, 1000)
    yield gzip.compress(struct.pack(">IIII", 2051, 60_000, 1000, 1000), mtime=0)
    yield struct.pack(">II", 2049, 2**31 - 1)


def csv():
    for row in ("1,2,3\n", ",\n", "\n", "1\n", '"\n', "x" * 1000 + "\n"):
        yield "\0\2" + filled(row)
    yield "\0\0" + filled("1,")
    yield "\1\0" + filled("1 ")


def plugin_file():
    """65,535 segments of notes, each the whole file."""
    notes = struct.pack("<III", 0, 0, 1) * 100_000
    start = 64 + 56 * 65_535
    header = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 65_535, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 4, 4, start, 0, 0, len(notes), len(notes), 4)
    yield header + segment * 65_535 + notes
    yield header + segment + notes + b"<assay-abi " * 100_000


def inputs(name):
    """The large inputs of target `name`, as bytes."""
    maker = globals().get(name)
    for made in maker() if maker else ():
        yield made if isinstance(made, bytes) else made.encode("latin-1")
