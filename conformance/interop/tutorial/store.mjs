// What the backend keeps in MariaDB: WeChat's token and ticket, shared by all instances, and the claims.
import knexOf from "knex";

/** Opens the database, which is made when it is not there. */
export async function open(socketPath, database) {
    const connection = { socketPath, user: "root" };
    const admin = knexOf({ client: "mysql2", connection });
    await admin.raw("CREATE DATABASE IF NOT EXISTS ?? CHARACTER SET utf8mb4", [database]);
    await admin.destroy();
    const db = knexOf({ client: "mysql2", connection: { ...connection, database } });
    await db.raw(`CREATE TABLE IF NOT EXISTS credentials (
        name VARCHAR(20) PRIMARY KEY, value VARCHAR(600) NOT NULL, expires_at BIGINT NOT NULL)`);
    // Codes are compared byte by byte, not by the letters that a language takes for equal.
    await db.raw(`CREATE TABLE IF NOT EXISTS claims (
        code VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY, card_id VARCHAR(32) NOT NULL,
        unionid VARCHAR(40) NOT NULL, status VARCHAR(10) NOT NULL, claimed_at BIGINT NOT NULL, redeemed_at BIGINT)`);
    return db;
}

const seconds = () => Math.floor(Date.now() / 1000);

/**
 * The credential of this name, fetched by `fetch` when there is none, when it is in its last minute, or
 * when it is the one that WeChat refused. The row is locked meanwhile, so that instances do not fetch at once.
 */
export function credential(db, name, fetch, refused) {
    return db.transaction(async (change) => {
        await change("credentials").insert({ name, value: "", expires_at: 0 }).onConflict("name").ignore();
        const kept = await change("credentials").where({ name }).forUpdate().first();
        if (kept.expires_at > seconds() + 60 && kept.value !== refused) return kept.value;
        const { value, expires_in } = await fetch();
        await change("credentials").where({ name }).update({ value, expires_at: seconds() + expires_in });
        return value;
    });
}

/** Binds the code to its customer; a repeat changes nothing. False when it is another customer's. */
export async function bind(db, { code, card_id, unionid }) {
    const row = { code, card_id, unionid, status: "claimed", claimed_at: seconds() };
    await db("claims").insert(row).onConflict("code").ignore();
    return (await claim(db, code)).unionid === unionid;
}

export const claim = (db, code) => db("claims").where({ code }).first();

export const redeemed = (db, code) =>
    db("claims").where({ code }).update({ status: "redeemed", redeemed_at: seconds() });
