// Every text of the page, English and Chinese side by side, so that neither can be forgotten.

const WORDS = {
  station: ["station", "工作台"],
  title: ["yigan station", "yigan 工作台"],
  skip: ["To the boards", "跳到板子列表"],
  other: ["中文", "English"],
  bench: ["Bench", "作业"],
  history: ["History", "台账"],
  list: ["List of poles", "灯杆清单"],
  noList: ["Choose a list", "选择清单"],
  poles: ["{n} poles", "{n} 根灯杆"],
  onePole: ["1 pole", "1 根灯杆"],
  start: ["Start", "开始"],
  stop: ["Stop", "停止"],
  starting: ["Preparing…", "正在准备…"],
  stopping: ["Stopping…", "正在停止…"],
  stopNow: ["Stop the bench?", "停止作业？"],
  stopText: [
    "At work: {n}. What is at work is interrupted where it is; a board still boots what it had, or the new. Start again finishes it.",
    "{n} 块板子正在作业，将就地中断；每块板子仍可启动旧版本或新版本。再次开始即可完成。",
  ],
  goOn: ["Go on working", "继续作业"],
  linked: ["Connected", "已连接"],
  linking: ["Connecting…", "连接中…"],
  unlinked: ["No connection", "连接中断"],
  lost: [
    "The station does not answer. What you see is from {at}. Trying again…",
    "工作台无应答，当前显示的是 {at} 的状态，正在重连…",
  ],
  locked: ["This page needs the station's token again: open the link in the terminal.", "需要重新输入令牌：请打开终端中的链接。"],
  whole: ["{n} of {m} poles passed", "已通过 {n} / {m} 根灯杆"],
  missing: ["No board yet: {p}", "尚无板子：{p}"],
  finished: ["All done: {n} of {m} poles passed", "全部完成：已通过 {n} / {m} 根灯杆"],
  show: ["Show", "显示"],
  all: ["All", "全部"],
  find: ["Find pole, board, port…", "查找灯杆、板子、端口…"],
  boards: ["Boards on the bench", "工作台上的板子"],
  emptyNoList: ["Choose the list of poles: a CSV file, or a folder of pole files.", "请选择灯杆清单：CSV 文件，或灯杆配置文件夹。"],
  emptyStopped: ["Press Start. All boards that are plugged in are worked on together.", "请按“开始”，所有已插入的板子会同时作业。"],
  emptyRunning: ["Plug in boards. Each one starts by itself.", "请插入板子，插入后自动开始。"],
  emptyFilter: ["No board matches.", "没有符合条件的板子。"],
  found: ["Waiting", "等待"],
  working: ["Working", "作业中"],
  passed: ["PASS", "合格"],
  failed: ["FAIL", "失败"],
  gone: ["Unplugged", "已拔出"],
  idle: ["Nothing to do", "无任务"],
  running: ["Running", "进行中"],
  interrupted: ["Stopped", "已中断"],
  noPole: ["Unknown board", "未知板子"],
  retry: ["Retry", "重试"],
  retryOf: ["Retry {p}", "重试 {p}"],
  log: ["Log", "日志"],
  logOf: ["Log of {p}", "{p} 的日志"],
  seconds: ["{n} s", "{n} 秒"],
  saidPassed: ["{p}: pass", "{p}：合格"],
  saidFailed: ["{p} failed: {w}", "{p} 失败：{w}"],
  ask: ["Asking who it is", "识别板子"],
  connect: ["Talking to the chip's loader", "连接芯片下载程序"],
  backup: ["Keeping what is there", "备份原有内容"],
  erase: ["Erasing", "擦除"],
  write: ["Writing MicroPython", "写入 MicroPython"],
  reset: ["Starting it", "重新启动"],
  enter: ["Reaching the board", "连接板子"],
  look: ["Looking what is there", "检查板上内容"],
  send: ["Sending the bundle", "发送固件包"],
  verify: ["Verifying", "校验"],
  begin: ["Starting the pole", "启动灯杆"],
  report: ["Waiting for its readings", "等待读数"],
  pole: ["Pole", "灯杆"],
  uid: ["Board", "板子编号"],
  result: ["Result", "结果"],
  from: ["From", "起始日期"],
  to: ["To", "截止日期"],
  text: ["Text", "文本"],
  filter: ["Filter", "筛选"],
  any: ["Any", "不限"],
  began: ["Began", "开始时间"],
  took: ["Took", "用时"],
  person: ["Person", "人员"],
  note: ["What happened", "说明"],
  export: ["Export CSV", "导出 CSV"],
  older: ["Older", "更早"],
  newest: ["Newest", "最新"],
  noRows: ["The ledger has no such row.", "台账中没有符合条件的记录。"],
  close: ["Close", "关闭"],
  copy: ["Copy", "复制"],
  copied: ["Copied", "已复制"],
  live: ["Live", "实时"],
  chip: ["Chip", "芯片"],
  port: ["Port", "端口"],
  board: ["Board type", "板型"],
  micropython: ["MicroPython", "MicroPython"],
  image: ["Image", "镜像"],
  bundle: ["Bundle", "固件包"],
  version: ["Version", "版本"],
  choose: ["List of poles", "灯杆清单"],
  chooseHelp: ["A table (CSV) or a folder of pole files, below the folder the station was started in.", "工作台启动目录下的表格（CSV）或灯杆文件夹。"],
  pathOf: ["Or its path", "或输入路径"],
  take: ["Take it", "选用"],
  table: ["Table", "表格"],
  folder: ["Folder", "文件夹"],
  noLists: ["There is no list here.", "此处没有清单。"],
  tryThis: ["Try:", "建议："],
  unreachable: ["The station does not answer.", "工作台无应答。"],
};

let column = 0;

/** "en" or "zh". */
export const language = () => (column ? "zh" : "en");

export function choose(name) {
  column = name.startsWith("zh") ? 1 : 0;
  document.documentElement.lang = column ? "zh-CN" : "en";
  document.title = t("title");
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", t(node.dataset.label));
  for (const node of document.querySelectorAll("[data-hint]")) node.placeholder = t(node.dataset.hint);
}

/** The text called `key`, with {names} filled in; a key that nobody knows stands for itself. */
export function t(key, values = {}) {
  const text = Object.hasOwn(WORDS, key) ? WORDS[key][column] : key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

const STAGES = ["ask", "connect", "backup", "erase", "write", "reset", "enter", "look", "send", "verify", "start", "report"];

/** A stage of the work in words, any other text as it is; "start" is the button's name already. */
export const stage = (name) => (STAGES.includes(name) ? t(name === "start" ? "begin" : name) : name);

export const seconds = (n) => t("seconds", { n: n < 10 ? n.toFixed(1) : Math.round(n) });

/** Date and time of seconds since 1970, here. */
export function moment(at) {
  const [now, then] = [new Date(), new Date(at * 1000)];
  const two = (n) => String(n).padStart(2, "0");
  const day = `${two(then.getMonth() + 1)}-${two(then.getDate())}`;
  const date = then.getFullYear() === now.getFullYear() ? day : `${then.getFullYear()}-${day}`;
  return `${date} ${clock(at)}`;
}

export function clock(at) {
  return new Date(at * 1000).toTimeString().slice(0, 8);
}
