/**
 * A server on SQLite under mixed load whose disk fails, fills up or becomes read-only, and is mended: `npm run faults`. Each fault gets an installation of
 * its own. While it lasts, the server stays alive and says 503 with Retry-After; when it ends the server goes on by itself, and nothing that it has
 * answered is lost. It prints the answers of each part by status and ends with status 1 when a promise was broken. `-- --only TEXT`: faults named like it.
 */
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { freePort } from "../test/support/free-port.ts";
import { Installation } from "../test/support/program.ts";
import { checkStore } from "./check.ts";
import { breakImage, failCalls, fillDisk, imageDisk, limitFiles, memoryDisk, plainDirectory, type Disk, type End } from "./disk.ts";
import { Ledger } from "./ledger.ts";
import { runLoad } from "./load.ts";
import { ChaosNode } from "./node.ts";
import { makeTarget } from "./target.ts";

/** How long the load goes on before, during and after the fault, in milliseconds. */
const BEFORE = 2_000;
const DURING = 5_000;
const AFTER = 3_000;
/** When the fault has ended, how long it may take until a call is accepted again, in milliseconds. */
const RECOVERY = 30_000;
const PROBE_PAUSE = 250;
/** How long a start may take on a machine that does other things as well, in milliseconds. */
const START = 60_000;

interface Fault<Place extends Disk> {
  readonly disk: () => Place;
  /** Gives what ends it. */
  readonly begin: (node: ChaosNode, disk: Place) => Promise<End>;
}

/** So that faults of different disks fit into one list. */
function faultOf<Place extends Disk>({ disk, begin }: Fault<Place>) {
  return () => {
    const place = disk();
    return { place, begin: (node: ChaosNode) => begin(node, place) };
  };
}

/** System calls fail, on a sound disk. `thenKill`: the process is killed while they do. */
function failing(calls: string, error: string, { which = "1+", thenKill = false } = {}) {
  return faultOf({
    disk: plainDirectory,
    begin: async (node) => {
      const end = await failCalls(node.pid!, calls, error, which);
      return async () => {
        if (thenKill) node.kill();
        await end();
      };
    },
  });
}

const FAULTS = {
  "every sync fails (EIO)": failing("fsync,fdatasync", "EIO"),
  "every third sync fails (EIO)": failing("fsync,fdatasync", "EIO", { which: "1+3" }),
  "every second sync fails (EIO), then kill -9": failing("fsync,fdatasync", "EIO", { which: "1+2", thenKill: true }),
  "every write fails for want of room (ENOSPC)": failing("pwrite64", "ENOSPC"),
  "every fifth write fails for want of room (ENOSPC)": failing("pwrite64", "ENOSPC", { which: "1+5" }),
  "every fifth write fails for want of room (ENOSPC), then kill -9": failing("pwrite64", "ENOSPC", { which: "1+5", thenKill: true }),
  "every write fails on a file system made read-only (EROFS)": failing("pwrite64,ftruncate", "EROFS"),
  "every read fails (EIO)": failing("pread64", "EIO"),
  "files may not grow (EFBIG)": faultOf({ disk: plainDirectory, begin: (node) => limitFiles(node.pid!) }),
  "a file system in memory is full": faultOf({ disk: memoryDisk, begin: (_node, { directory }) => fillDisk(directory) }),
  "ext4 finds an error and becomes read-only; stopped, checked, mounted again": faultOf({ disk: imageDisk, begin: (node, disk) => breakImage(disk, node) }),
};

async function run(name: string, prepare: (typeof FAULTS)[keyof typeof FAULTS]): Promise<boolean> {
  const { place, begin } = prepare();
  const port = await freePort();
  const store = `sqlite:${place.directory}/hookgate.db`;
  const installation = new Installation({ HOOKGATE_STORE: store, HOOKGATE_LOG_LEVEL: "fatal", HOOKGATE_URL: `http://127.0.0.1:${port}` });
  const ledger = new Ledger();
  const node = new ChaosNode(installation, port);
  try {
    const target = await makeTarget(installation);
    node.start();
    if (!(await node.untilReady(START))) throw new Error("The server does not start.");
    let isOver = false;
    ledger.part = "before";
    const load = runLoad({ nodes: [node], target, ledger, isOver: () => isOver });
    await setTimeout(BEFORE);
    const end = await begin(node);
    ledger.part = "during";
    await probe(node, ledger);
    ledger.part = "ending";
    await end();
    ledger.part = "after";
    await requireRecovery(ledger);
    await setTimeout(AFTER);
    isOver = true;
    await load;
    for (const death of node.deaths) ledger.break(`the server ended by itself: ${death}`);
    ledger.part = "";
    if (!ledger.counts.has("during: call 503")) ledger.break("the fault was not felt: no call was answered 503 while it lasted");
    const status = await node.stop();
    if (status !== 0) ledger.break(`the server ended with ${status} when it was asked to`);
    await checkStore(store, ledger);
  } finally {
    await node.stop();
    installation.remove();
    place.remove();
  }
  return ledger.report(name);
}

/** A process that answers nothing would be killed by whoever watches over it, and a restart mends no disk. */
async function probe(node: ChaosNode, ledger: Ledger): Promise<void> {
  for (const begun = performance.now(); performance.now() - begun < DURING; await setTimeout(PROBE_PAUSE)) {
    const status = await fetch(`${node.url}/livez`, { signal: AbortSignal.timeout(2_000) }).then(
      (response) => response.status,
      () => "no answer",
    );
    ledger.count(`probe ${status}`);
    if (status !== 200) ledger.break(`/livez: ${status}`);
  }
}

async function requireRecovery(ledger: Ledger): Promise<void> {
  const acknowledged = ledger.references.size;
  const begun = performance.now();
  while (ledger.references.size === acknowledged) {
    if (performance.now() - begun > RECOVERY) return ledger.break(`no call is accepted ${RECOVERY / 1_000} seconds after the fault's end`);
    await setTimeout(10);
  }
  ledger.counts.set("milliseconds from the fault's end to the first accepted call", Math.round(performance.now() - begun));
}

const { values } = parseArgs({ options: { only: { type: "string", default: "" } } });
let allKept = true;
for (const [name, prepare] of Object.entries(FAULTS)) if (name.includes(values.only)) allKept = (await run(name, prepare)) && allKept;
process.exit(allKept ? 0 : 1);
