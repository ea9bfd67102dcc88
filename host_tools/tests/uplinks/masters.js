// npm modbus-serial, asked line by line in JSON: {"to": {...}, "unit": 17, "calls": [["readInputRegisters", 512, 2], ...]}
// -> one line {"data": ...} or {"code": exception} or {"error": text} a call.
const ModbusRTU = require("modbus-serial");
const job = JSON.parse(process.argv[2]);

async function main() {
  const client = new ModbusRTU();
  if (job.to.path) await client.connectRTUBuffered(job.to.path, { baudRate: job.to.baud, parity: job.to.parity || "none" });
  else await client.connectTCP("127.0.0.1", { port: job.to.port });
  client.setID(job.unit);
  client.setTimeout(job.timeout || 1500);
  for (const [name, ...args] of job.calls) {
    try {
      const found = await client[name](...args);
      console.log(JSON.stringify({ data: found.data ?? found }));
    } catch (error) {
      console.log(JSON.stringify(error.modbusCode ? { code: error.modbusCode } : { error: error.name + " " + error.message }));
    }
  }
  client.close(() => process.exit(0));
}

main().catch((error) => { console.error(error); process.exit(1); });
