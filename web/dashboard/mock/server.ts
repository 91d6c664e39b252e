// The mock's HTTP server: the pages of `dist` with the headers that the back end sends, the API of
// the contract over the invented world, and the live stream. It can fall silent, as a computer does
// that hangs, or go away.

import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { answer } from "./api";
import type { Caller } from "./api";
import { users, PASSWORD } from "./accounts";
import { warningAt } from "./traffic";
import { World } from "./world";
import type { Kind } from "./world";
import type { Role } from "../src/api/types";

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
  "font-src 'self'; connect-src 'self'; worker-src 'self' blob:; frame-ancestors 'none'; " +
  "base-uri 'none'; form-action 'self'";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

export interface MockOptions {
  port: number;
  kind: Kind;
  dist: string;
  /** How often values come, in milliseconds. */
  every?: number;
}

export class Mock {
  private server: Server;
  private sessions = new Map<string, { user: string; csrf: string }>();
  private streams = new Set<ServerResponse>();
  private timers: NodeJS.Timeout[] = [];
  private world: World;
  private number = 0;
  /** While it hangs it takes requests and says nothing. */
  hangs = false;

  constructor(private options: MockOptions) {
    this.world = new World(options.kind);
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  async start(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(this.options.port, "127.0.0.1", done));
    const every = this.options.every ?? 1000;
    this.timers.push(setInterval(() => this.sayValues(), every));
    this.timers.push(setInterval(() => this.send("tick", { now: Date.now() }), 5000));
    return this.address();
  }

  address(): string {
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new Error("it does not listen");
    return `http://127.0.0.1:${address.port}`;
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    for (const stream of this.streams) stream.destroy();
    this.server.closeAllConnections();
    await new Promise<void>((done) => this.server.close(() => done()));
  }

  /** Goes away: connections break, nobody listens. Log-ins are kept, as a restart would. */
  async pause(): Promise<void> {
    for (const stream of this.streams) stream.destroy();
    this.server.closeAllConnections();
    await new Promise<void>((done) => this.server.close(() => done()));
  }

  /** Listens again. */
  async resume(port: number): Promise<void> {
    await new Promise<void>((done) => this.server.listen(port, "127.0.0.1", done));
  }

  /** Lets a device say something at this moment. */
  tell(device: string, values: Record<string, unknown>): void {
    this.send("values", { device, ts: Date.now(), values });
  }

  private sayValues(): void {
    const ts = Date.now();
    for (const device of this.world.speaking()) {
      this.send("values", { device, ts, values: this.world.says(device, ts) });
    }
    if (this.options.kind === "station") return;
    const warning = warningAt(ts);
    const over = warningAt(ts - 1100);
    if (warning) this.send("warning", { device: "atlas", ...warning });
    else if (over) this.send("warning", { device: "atlas", ...over, ended: ts });
  }

  private send(event: string, data: unknown): void {
    if (this.hangs) return;
    for (const stream of this.streams) {
      stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    }
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.hangs) return;
    response.setHeader("Content-Security-Policy", CSP);
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Referrer-Policy", "no-referrer");
    const url = new URL(request.url ?? "/", "http://mock");
    if (!url.pathname.startsWith("/api/")) return this.page(url.pathname, response);
    const text = await body(request);
    const cookie = /v2x_session=(\w+)/.exec(request.headers.cookie ?? "")?.[1] ?? "";
    const path = url.pathname.slice("/api/v1".length);
    if (path === "/login") return this.logIn(text, response);
    if (path === "/about") {
      const role = this.options.kind;
      return json(response, 200, { product: "Twizy V2X", version: "0.7.0", role });
    }
    const session = this.sessions.get(cookie);
    if (!session) return json(response, 401, { error: "log in first" });
    if (path === "/logout") {
      this.sessions.delete(cookie);
      return json(response, 204, null);
    }
    if (path === "/live") return this.live(response);
    const method = request.method ?? "GET";
    if (method !== "GET" && request.headers["x-csrf"] !== session.csrf) {
      return json(response, 403, { error: "the X-CSRF header is missing or wrong" });
    }
    const role = users.get(session.user) ?? "viewer";
    const caller: Caller = { ...session, role, method, url, path, body: parse(text) };
    const said = answer(this.world, caller);
    if (said.file) {
      response.writeHead(200, { "Content-Type": said.file.type });
      response.end(said.file.text);
      return;
    }
    return json(response, said.status, said.body);
  }

  private logIn(text: string, response: ServerResponse): void {
    const { user, password } = parse(text) as { user?: string; password?: string };
    const role: Role | undefined = users.get(user ?? "");
    if (user === undefined || !role || password !== PASSWORD) {
      return json(response, 401, { error: "name or password is wrong" });
    }
    this.number += 1;
    const id = `session${this.number}`;
    const session = { user, csrf: `csrf${this.number}` };
    this.sessions.set(id, session);
    response.setHeader("Set-Cookie", `v2x_session=${id}; HttpOnly; SameSite=Strict; Path=/`);
    const url = new URL("http://mock/api/v1/me");
    const caller: Caller = { ...session, role, method: "GET", url, path: "/me", body: {} };
    json(response, 200, answer(this.world, caller).body);
  }

  private live(response: ServerResponse): void {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    this.streams.add(response);
    response.on("close", () => this.streams.delete(response));
    response.write(`event: tick\ndata: {"now":${Date.now()}}\n\n`);
  }

  private async page(path: string, response: ServerResponse): Promise<void> {
    const name = extname(path) === "" ? "/index.html" : normalize(path);
    try {
      const content = await readFile(join(this.options.dist, name));
      response.writeHead(200, { "Content-Type": TYPES[extname(name)] ?? "text/plain" });
      response.end(content);
    } catch {
      json(response, 404, { error: `there is no ${path}` });
    }
  }
}

function json(response: ServerResponse, status: number, content: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(status === 204 ? undefined : JSON.stringify(content));
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

async function body(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}
