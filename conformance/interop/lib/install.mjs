// What each client needs before it can be driven, by the ordinary client of its package manager, in the
// versions that are locked in its folder. Each returns the command that drives it.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { succeed } from "./process.mjs";

async function npm(folder) {
    await succeed(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder });
    return ["node", join(folder, "drive.mjs")];
}

async function pip(folder) {
    const venv = join(folder, "venv");
    await succeed(["python3", "-m", "venv", venv]);
    const python = join(venv, "bin/python");
    const locked = ["--require-hashes", "-r", join(folder, "requirements.txt")];
    await succeed([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...locked]);
    return [python, join(folder, "drive.py")];
}

async function maven(folder, { ca }) {
    const copy = ["dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=lib"];
    await succeed(["mvn", "--batch-mode", "--quiet", ...copy], { cwd: folder });
    const lib = join(folder, "lib");
    await succeed(["sha256sum", "--check", "--strict", "--quiet", join(folder, "dependencies.sha256")], { cwd: lib });
    const listed = await succeed(["wc", "-l", "dependencies.sha256"], { cwd: folder });
    if (readdirSync(lib).length !== parseInt(listed, 10)) throw new Error("lib holds more than dependencies.sha256 lists");
    const classes = join(folder, "classes");
    const sources = readdirSync(join(folder, "src")).map((file) => join(folder, "src", file));
    await succeed(["javac", "-encoding", "UTF-8", "--release", "11", "-cp", join(lib, "*"), "-d", classes, ...sources]);
    const trust = join(folder, "trust.p12");
    const store = ["-keystore", trust, "-storetype", "PKCS12", "-storepass", "changeit"];
    await succeed(["keytool", "-importcert", "-noprompt", "-alias", "mock", "-file", ca, ...store]);
    const trusted = [`-Djavax.net.ssl.trustStore=${trust}`, "-Djavax.net.ssl.trustStorePassword=changeit"];
    return ["java", "-Dfile.encoding=UTF-8", ...trusted, "-cp", `${classes}:${join(lib, "*")}`, "Interop"];
}

async function go(folder) {
    const env = { ...process.env, GOTOOLCHAIN: "local", GOFLAGS: "-mod=readonly", CGO_ENABLED: "0" };
    await succeed(["go", "build", "-o", "driver", "."], { cwd: folder, env });
    return [join(folder, "driver")];
}

export const installs = {
    "wechat-card": npm,
    "co-wechat-api": npm,
    wechatpy: pip,
    "weixin-java-mp": maven,
    "silenceper-wechat": go,
    tutorial: npm,
};
