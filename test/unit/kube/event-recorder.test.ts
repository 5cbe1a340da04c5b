import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KubeClient } from '../../../src/kube/client.ts';
import type { Connection } from '../../../src/kube/connection.ts';
import { type EventObservation, EventRecorder } from '../../../src/kube/event-recorder.ts';
import { HttpTransport } from '../../../src/kube/http.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { answer, connectTo, cut, LoopbackServer, silence } from '../../support/loopback-server.ts';

const about: KubeObject = { metadata: { namespace: 'a', name: 'x', uid: 'u', resourceVersion: '1' } };
const event = { type: 'Warning', reason: 'Failed', action: 'Install', note: 'no' } as const;
const exists = answer(409, { kind: 'Status', reason: 'AlreadyExists', message: 'already exists' });

let server: LoopbackServer;
let connection: Connection;
let monotonicMs = 0;
let errors: unknown[] = [];
let results: EventObservation['result'][] = [];

beforeEach(async () => {
  server = await LoopbackServer.start();
  connection = await connectTo(server.port);
  [monotonicMs, errors, results] = [0, [], []];
});
afterEach(async () => {
  await connection.close();
  await server[Symbol.asyncDispose]();
});

const recorder = (): EventRecorder =>
  new EventRecorder(
    new KubeClient(
      new HttpTransport(connection, { userAgent: 'test', clock: { ...systemClock, sleep: async () => undefined } }),
    ),
    {
      controller: 'c',
      instance: 'i',
      clock: { ...systemClock, monotonic: () => monotonicMs },
      onError: (error) => errors.push(error),
      observe: ({ result }) => results.push(result),
    },
  );

const methods = (): (string | undefined)[] => server.received.map(({ method }) => method);

describe('an Event', () => {
  it('whose creation was not answered is created once all the same, and then counted', async () => {
    server.handlers = [cut, exists, answer(200)];
    const events = recorder();
    events.record(about, event);
    await events.flush();
    expect(results).toEqual(['written']);
    events.record(about, event);
    await events.flush();
    expect([methods(), results]).toEqual([
      ['POST', 'POST', 'PATCH'],
      ['written', 'written'],
    ]);
  });

  it('is not written again because it is recorded again while it is on its way, but counted afterwards', async () => {
    const held: (() => void)[] = [];
    server.handlers = [(_request, response) => held.push(() => response.end('{}'))];
    const events = recorder();
    events.record(about, event);
    await eventually(() => held).toHaveLength(1);
    monotonicMs += 300_000; // the count is overdue
    events.record(about, event);
    expect(methods()).toEqual(['POST']);
    server.handlers = [answer(200)];
    held[0]?.();
    await eventually(methods).toEqual(['POST', 'PATCH']);
    await events.flush();
  });

  it('is counted at most once a minute, and at once where the last time is longer ago', async () => {
    server.handlers = [answer(200)];
    const events = recorder();
    events.record(about, event);
    await eventually(() => results).toHaveLength(1);
    for (let count = 0; count < 5; count += 1) events.record(about, event);
    monotonicMs += 60_000;
    events.record(about, { ...event, note: 'other' });
    await eventually(() => results).toHaveLength(2);
    expect(methods()).toEqual(['POST', 'POST']); // the count waits for its timer
    monotonicMs += 60_000;
    events.record(about, { ...event, note: 'other' });
    await eventually(methods).toEqual(['POST', 'POST', 'PATCH']);
    await events.flush();
    expect(methods()).toEqual(['POST', 'POST', 'PATCH', 'PATCH']);
  });

  it('that fails is complained of once a minute, however many do', async () => {
    server.handlers = [answer(403)];
    const events = recorder();
    for (let count = 0; count < 20; count += 1) events.record(about, { ...event, reason: `Failed${count}` });
    await events.flush();
    expect([errors.length, results.length, server.received.length]).toEqual([1, 20, 20]);
    monotonicMs += 60_000;
    events.record(about, { ...event, note: 'later' });
    await events.flush();
    expect(errors).toHaveLength(2);
  });
});

describe('Events that differ in their notes', () => {
  it('are written in the one that stands for them once in 5 s, and at the end', async () => {
    server.handlers = [answer(200)];
    const events = recorder();
    for (let count = 1; count <= 11; count += 1) events.record(about, { ...event, note: `${count}` });
    await eventually(() => results).toHaveLength(11);
    for (let count = 12; count <= 50; count += 1) events.record(about, { ...event, note: `${count}` });
    expect(server.received).toHaveLength(11);
    await events.flush();
    expect(server.received).toHaveLength(12);
    monotonicMs += 5_000;
    events.record(about, { ...event, note: 'latest' });
    await eventually(() => server.received).toHaveLength(13);
    await events.flush();
  });
});

describe('a storm', () => {
  it('of Events takes few connections, and loses what too many are', async () => {
    server.handlers = [silence];
    const events = recorder();
    for (let count = 0; count < 1_100; count += 1) {
      events.record({ ...about, metadata: { ...about.metadata, uid: `${count}` } }, event);
    }
    await eventually(() => server.received).toHaveLength(4);
    expect(results).toEqual(Array.from({ length: 96 }, () => 'dropped'));
    await events.flush({ timeoutMs: 50 });
    expect([server.connections, results.length]).toEqual([4, 1_100]);
  });
});

describe('flush', () => {
  it.each([
    ['its time is over', { timeoutMs: 100 }, undefined],
    ['it is told to', {}, 100],
    ['it was told to before', {}, 0],
  ])('ends when %s, and nothing goes on behind it', async (_name, options, abortMs) => {
    server.handlers = [silence];
    const abort = new AbortController();
    const events = recorder();
    events.record(about, event);
    events.record(about, { ...event, note: 'other' });
    events.record(about, { ...event, note: 'other' });
    if (abortMs === 0) abort.abort(new Error('enough'));
    else if (abortMs !== undefined) setTimeout(() => abort.abort(new Error('enough')), abortMs);
    const startedMs = performance.now();
    await events.flush(abortMs === undefined ? options : { signal: abort.signal });
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(results).toEqual(['failed', 'failed']);
    const sent = server.received.length;
    await connection.close();
    expect(server.received).toHaveLength(sent);
  });

  it('ends also where the API server wants no requests for now', async () => {
    server.handlers = [answer(429, {}, { 'retry-after': '60' })];
    const patient = new KubeClient(new HttpTransport(connection, { userAgent: 'test' }));
    const events = new EventRecorder(patient, { controller: 'c', instance: 'i', clock: systemClock });
    events.record(about, event);
    await eventually(() => server.received).toHaveLength(1);
    const startedMs = performance.now();
    await events.flush({ timeoutMs: 200 });
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  it('gives up what was, and not what comes', async () => {
    server.handlers = [silence];
    const events = recorder();
    events.record(about, event);
    await events.flush({ timeoutMs: 50 });
    server.handlers = [answer(201)];
    events.record(about, event);
    await events.flush();
    expect(results).toEqual(['failed', 'written']);
    expect(methods()).toEqual(['POST', 'POST']);
  });
});
