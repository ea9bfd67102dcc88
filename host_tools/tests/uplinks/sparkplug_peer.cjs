// Sparkplug payloads by npm's sparkplug-payload, an implementation that shares nothing with ours. A line of JSON in, a line out:
// {"decode": hex} or {"encode": {...}}. What a birth said of its aliases is remembered: data comes without types.
const codec = require("sparkplug-payload").get("spBv1.0");
const types = {};
const NAMES = [null, "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float", "Double", "Boolean", "String"];

function varint(buf, at) {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    value |= BigInt(buf[at] & 127) << shift;
    if (buf[at++] < 128) return [Number(value), at];
  }
}

function fields(buf) {
  const found = [];
  for (let at = 0, start = 0; at < buf.length; start = at) {
    let key, n;
    [key, at] = varint(buf, at);
    const body = at;
    if ((key & 7) === 0) [n, at] = varint(buf, at);
    else if ((key & 7) === 2) { [n, at] = varint(buf, at); at += n; }
    else at += (key & 7) === 1 ? 8 : 4;
    found.push({ field: key >> 3, all: buf.subarray(start, at), value: n, body: (key & 7) === 2 ? buf.subarray(at - n, at) : null, body_at: body });
  }
  return found;
}

function typed(buf) {
  return Buffer.concat(fields(buf).map((one) => {
    if (one.field !== 2) return one.all;
    const inner = fields(one.body);
    const alias = inner.find((f) => f.field === 2);
    if (inner.some((f) => f.field === 4) || !alias || !types[alias.value]) return one.all;
    const body = Buffer.concat([one.body, Buffer.from([0x20, types[alias.value]])]);
    const n = body.length;
    return Buffer.concat([Buffer.from(n < 128 ? [0x12, n] : [0x12, (n & 127) | 128, n >> 7]), body]);
  }));
}

function plain(key, value) {
  return value && value.low !== undefined && value.high !== undefined ? Number((BigInt(value.high >>> 0) << 32n) | BigInt(value.low >>> 0)) : value;
}

require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const asked = JSON.parse(line);
  let answer;
  try {
    if (asked.encode) answer = { hex: Buffer.from(codec.encodePayload(asked.encode)).toString("hex") };
    else {
      const bytes = Buffer.from(asked.decode, "hex");
      answer = JSON.parse(JSON.stringify(codec.decodePayload(typed(bytes)), plain));
      answer.untyped = fields(bytes).filter((f) => f.field === 2 && !fields(f.body).some((g) => g.field === 4)).length;
      for (const one of answer.metrics || []) if (one.name !== undefined && one.alias !== undefined) types[one.alias] = NAMES.indexOf(one.type);
    }
  } catch (error) {
    answer = { error: String(error) };
  }
  console.log(JSON.stringify(answer));
});
