import { type DestinationStream, type Logger as Pino, pino } from "pino";
import { explain } from "./errors.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * What every part of the site logs through. Messages are whole sentences without data; data goes
 * into `fields`. An `error` field is printed with its causes. Secrets never go in here.
 */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to all its lines. */
  child(fields: LogFields): Logger;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** `text` for people, `json` for collectors: one line each. */
  readonly format: "text" | "json";
  /** Receives whole lines, synchronously, so that no exit loses one. */
  readonly write: (line: string) => void;
}

/** Makes the root logger of a process. */
export function createLogger({ level, format, write }: LogOptions): Logger {
  const destination: DestinationStream = {
    write: format === "json" ? write : (line) => write(humanLine(line)),
  };
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: explain },
  };
  return wrap(pino(options, destination));
}

/** A logger that drops everything, for tests and tools. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};

function wrap(logger: Pino): Logger {
  return {
    debug: (message, fields) => logger.debug(fields, message),
    info: (message, fields) => logger.info(fields, message),
    warn: (message, fields) => logger.warn(fields, message),
    error: (message, fields) => logger.error(fields, message),
    child: (fields) => wrap(logger.child(fields)),
  };
}

function humanLine(line: string): string {
  const { time, level, module, msg, ...fields }: Record<string, unknown> = JSON.parse(line);
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${quote(value)}`);
  const source = module === undefined ? "" : ` [${String(module)}]`;
  return `${String(time)} ${String(level).toUpperCase().padEnd(5)}${source} ${String(msg)}${pairs.join("")}\n`;
}

function quote(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /[\s"=]/.test(text) ? JSON.stringify(text) : text;
}
