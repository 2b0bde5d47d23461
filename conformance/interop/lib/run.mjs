// Starts the mock, installs the clients, runs each in both ways, and writes what came of it.
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { installs } from "./install.mjs";
import { judge, stale, table } from "./judge.mjs";
import { endAll, finish, serve, succeed } from "./process.mjs";

const home = dirname(dirname(fileURLToPath(import.meta.url)));
const root = join(home, "../..");
const { scenarios, clients } = JSON.parse(readFileSync(join(home, "clients.json")));
const names = Object.keys(scenarios);
const ways = ["base-url", "intercept"];

let options;
try {
    ({ values: options } = parseArgs({
        options: {
            "allow-missing": { type: "boolean" },
            only: { type: "string" },
            report: { type: "string" },
            against: { type: "string" },
        },
    }));
    if (options.only && !clients.some((client) => client.name === options.only)) {
        throw new Error(`there is no client ${options.only}`);
    }
} catch (error) {
    console.error(error.message);
    process.exit(2);
}
const report = options.report ?? join(root, "target/interop.json");

// A copy: nothing is installed into the repository.
const scratch = mkdtempSync(join(tmpdir(), "interop-"));
// The database server has a user of its own.
chmodSync(scratch, 0o755);
cpSync(home, join(scratch, "interop"), { recursive: true, filter: (path) => basename(path) !== "node_modules" });
const ca = join(scratch, "ca.pem");
const began = Date.now();
const log = (text) => console.log(`[${Math.round((Date.now() - began) / 1000)} s] ${text}`);

const database = join(scratch, "mariadb");
let databaseRuns = false;
async function startDatabase() {
    const env = { ...process.env, MARIADB_PORT: "0" };
    databaseRuns = true;
    await succeed(["bash", join(root, ".ci/mariadb"), "start", database], { env, seconds: 90, leaves: true });
}

async function clean() {
    if (databaseRuns) await finish(["bash", join(root, ".ci/mariadb"), "stop", database], { seconds: 60 });
    endAll();
    rmSync(scratch, { recursive: true, force: true });
}
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => clean().finally(() => process.exit(1)));

async function control(mock, path, body) {
    const request = { method: "POST", body: JSON.stringify(body), signal: AbortSignal.timeout(10_000) };
    const response = await fetch(`${mock}/_mock/v1/${path}`, request);
    if (!response.ok) throw new Error(`control API, ${path}: ${response.status} ${await response.text()}`);
    return response.json();
}

/** One client in one way, with a shop of its own at the mock. */
async function drive(client, command, way, mock) {
    const name = `${client.name} ${way}`;
    const account = await control(mock, "accounts", { name, open_platform: name });
    const program = await control(mock, "accounts", { name: `${name} mp`, kind: "mini_program", open_platform: name });
    const env = { ...process.env };
    for (const variable of Object.keys(env)) if (/^(https?|all|no)_proxy$/i.test(variable)) delete env[variable];
    // By base URL nothing may go to WeChat's hosts: the proxy is a port on which nobody listens.
    const proxy = way === "intercept" ? mock : "http://127.0.0.1:9";
    for (const variable of ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"]) env[variable] = proxy;
    for (const variable of ["NO_PROXY", "no_proxy"]) env[variable] = "127.0.0.1,localhost";
    for (const variable of ["NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"]) env[variable] = ca;
    Object.assign(env, {
        INTEROP_WAY: way,
        INTEROP_MOCK: mock,
        INTEROP_APPID: account.appid,
        INTEROP_SECRET: account.secret,
        INTEROP_MP_APPID: program.appid,
        INTEROP_MP_SECRET: program.secret,
        INTEROP_IMAGE: join(root, "fixtures/data/images/logo.jpg"),
        INTEROP_CARD: join(scratch, "interop/card.json"),
        INTEROP_TOKEN: "interopToken",
        INTEROP_AES_KEY: "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc",
        INTEROP_DATABASE_SOCKET: join(database, "socket"),
    });
    const { status, out, err } = await finish(command, { env, seconds: 120 });
    const told = out.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
    const version = told.find((line) => line.version)?.version ?? "";
    const ending = `status ${status}, ${err.trim().split("\n").slice(-3).join(" | ")}`;
    const strange = told.filter((line) => line.scenario && !names.includes(line.scenario));
    if (strange.length > 0) throw new Error(`${name} runs unknown scenarios: ${strange.map((line) => line.scenario)}`);
    return names.map((scenario) => {
        const line = told.find((each) => each.scenario === scenario);
        return { client: client.name, version, way, scenario, ...judge(client, way, scenario, line, ending) };
    });
}

/** All rows of one client. */
async function witness(client, mock) {
    // The same outcome for all that it offers.
    const rows = (outcome, why) =>
        ways.flatMap((way) =>
            names.map((scenario) => {
                const absent = client.not_offered[scenario];
                const result = absent === undefined ? { outcome, why } : { outcome: "SKIP", why: absent };
                return { client: client.name, version: "", way, scenario, ...result };
            }),
        );
    const found = await Promise.all(client.tools.map((tool) => finish(["sh", "-c", `command -v ${tool}`])));
    const missing = client.tools.filter((_, index) => found[index].status !== 0);
    if (missing.length > 0) return rows("NOT_RUN", `there is no ${missing.join(", ")} here`);
    const all = [];
    try {
        const command = await installs[client.name](join(scratch, "interop", client.name), { ca });
        if (client.tools.includes("mariadbd")) await startDatabase();
        log(`${client.name} is installed`);
        for (const way of ways) {
            all.push(...(await drive(client, command, way, mock)));
            log(`${client.name}, ${way}: done`);
        }
        return all;
    } catch (error) {
        return rows("FAIL", error.message);
    }
}

let exit = 1;
try {
    const serving = [process.env.WECHAT_MOCK_PROGRAM, "serve", "--listen", "127.0.0.1:0", "--intercept", "--quiet"];
    const mock = await serve([...serving, "--ca-out", ca], /wechat-mock ready (http:\S+)\n/);
    const wanted = clients.filter((client) => !options.only || client.name === options.only);
    const results = (await Promise.all(wanted.map((client) => witness(client, mock)))).flat();
    mkdirSync(dirname(report), { recursive: true });
    const ran = { version: 1, scenarios, results };
    writeFileSync(report, `${JSON.stringify(ran, null, 1)}\n`);
    console.log(`\n${table(names, results)}\n`);
    const count = (outcome) => results.filter((row) => row.outcome === outcome).length;
    console.log(`${count("PASS")} passed, ${count("FAIL")} failed, ${count("SKIP")} skipped`);
    console.log(`${count("XFAIL")} known faults of clients, ${count("NOT_RUN")} not run; ${report}`);
    const left = options["allow-missing"] ? 0 : count("NOT_RUN");
    const old = options.against ? stale(JSON.parse(readFileSync(options.against)), ran) : [];
    if (old.length > 0) console.log([`${options.against} is stale:`, ...old].join("\n"));
    exit = count("FAIL") + left + old.length === 0 ? 0 : 1;
} catch (error) {
    console.error(error);
} finally {
    await clean();
}
process.exit(exit);
