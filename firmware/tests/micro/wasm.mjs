// One test file on the 32-bit MicroPython (a browser build, run by Node):
//   node wasm.mjs <folder that holds node_modules> <firmware> <test file under firmware/tests> <provides> [shared data]
// Its file system is in memory, so the firmware and the tests are copied in first.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [modules, firmware, test, provides, shared] = process.argv.slice(2);
const home = path.join(modules, "node_modules/@micropython/micropython-webassembly-pyscript/micropython.mjs");
const { loadMicroPython } = await import(pathToFileURL(home));
const print = (line) => process.stdout.write(line + "\n");
const mp = await loadMicroPython({ heapsize: 1024 * 1024, linebuffer: true, stdout: print, stderr: print });

function copy(from, to, wanted) {
  if (fs.statSync(from).isDirectory()) {
    mp.FS.mkdir(to);
    for (const name of fs.readdirSync(from)) copy(path.join(from, name), `${to}/${name}`, wanted);
  } else if (wanted(from)) mp.FS.writeFile(to, fs.readFileSync(from));
}
mp.FS.mkdir("/firmware");
copy(path.join(firmware, "pole"), "/firmware/pole", (f) => f.endsWith(".py"));
copy(path.join(firmware, "tests"), "/firmware/tests", (f) => f.endsWith(".py"));
if (shared) copy(shared, "/data", () => true);

// asyncio here hands its waits to the browser's event loop; a test wants asyncio.run() to return when all is done.
const doze = new Int32Array(new SharedArrayBuffer(4));
mp.registerJsModule("nap", { ms: (n) => Atomics.wait(doze, 0, 0, n) && undefined });

try {
  mp.runPython(`
import sys
sys.path[:] = ["/firmware/tests/micro", "/firmware/tests", "/firmware", ".frozen"]
import blocking_asyncio, one
one.run(${JSON.stringify(test)}, ${JSON.stringify(provides)}, "/firmware/tests")
`);
} catch (error) {
  print(String(error.message));
  process.exit(1);
}
process.exit(0);
