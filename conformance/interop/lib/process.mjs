// Child processes, each bounded in time; what is started here is ended here, by its own process group.
import { spawn } from "node:child_process";

const running = new Set();

function end(child, signal) {
    try {
        process.kill(-child.pid, signal);
    } catch {
        // It has ended by itself.
    }
}

export function endAll() {
    for (const child of running) end(child, "SIGKILL");
}

/**
 * Runs a command to its end: its status and what it printed. A late one is killed, with status null.
 * What it leaves in the background is ended too, unless `leaves` is set: then it prints nothing either.
 */
export function finish(command, options = {}) {
    return new Promise((resolve) => {
        const { seconds = 300, leaves = false, ...more } = options;
        const [program, ...rest] = command;
        // A server in the background would hold the pipes open.
        const stream = leaves ? "ignore" : "pipe";
        const child = spawn(program, rest, { stdio: ["ignore", stream, stream], detached: true, ...more });
        running.add(child);
        let out = "";
        let err = "";
        child.stdout?.setEncoding("utf8").on("data", (text) => (out += text));
        child.stderr?.setEncoding("utf8").on("data", (text) => (err += text));
        const timer = setTimeout(() => {
            err += `\nkilled after ${seconds} s`;
            end(child, "SIGKILL");
        }, seconds * 1000);
        const settle = (status) => {
            clearTimeout(timer);
            // A grandchild must not outlive its driver.
            if (!leaves || status !== 0) end(child, "SIGKILL");
            running.delete(child);
            resolve({ status, out, err });
        };
        child.on("error", (error) => {
            err += String(error);
            settle(null);
        });
        child.on("close", settle);
    });
}

/** As `finish`, but anything other than success is an error. */
export async function succeed(command, options) {
    const { status, out, err } = await finish(command, options);
    if (status !== 0) throw new Error(`${command.join(" ")}: ${(err || out).trim().split("\n").slice(-5).join(" | ")}`);
    return out;
}

/** Starts a server and waits, 30 s at most, for a line of its standard output that matches. */
export function serve(command, pattern) {
    const [program, ...rest] = command;
    const child = spawn(program, rest, { stdio: ["ignore", "pipe", "ignore"], detached: true });
    running.add(child);
    return new Promise((resolve, reject) => {
        let out = "";
        const timer = setTimeout(() => reject(new Error(`${program} is not ready after 30 s`)), 30_000);
        child.stdout.setEncoding("utf8").on("data", (text) => {
            out += text;
            const found = out.match(pattern);
            if (found) {
                clearTimeout(timer);
                resolve(found[1]);
            }
        });
        child.on("error", reject);
        child.on("exit", (status) => reject(new Error(`${program} ended with status ${status}`)));
    });
}
