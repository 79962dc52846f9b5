import { expect, test } from "vitest";
import type { Lease } from "../../../src/jobs/lease-store.ts";
import { NOW, type Backend, type SharedBackend } from "../fixture.ts";

const leaseOf = (holder: string, given: Partial<Lease> = {}): Lease => ({ name: "sweep", holder, until: NOW + 10, ...given });

export function leaseSuite(backend: Backend): void {
  test("nobody else gets a lease before its end; at its end anybody does", async () => {
    const { leases } = await backend.openEmpty();
    expect(await leases.takeLease(leaseOf("one"), NOW)).toBe(true);
    expect(await leases.takeLease(leaseOf("two", { until: NOW + 20 }), NOW + 9)).toBe(false);
    expect(await leases.takeLease(leaseOf("two", { until: NOW + 20 }), NOW + 10)).toBe(true);
    expect(await leases.takeLease(leaseOf("one", { until: NOW + 30 }), NOW + 19)).toBe(false);
  });

  test("its holder prolongs it, and one that lost it is told so", async () => {
    const { leases } = await backend.openEmpty();
    await leases.takeLease(leaseOf("one"), NOW);
    expect(await leases.takeLease(leaseOf("one", { until: NOW + 20 }), NOW + 5)).toBe(true);
    expect(await leases.takeLease(leaseOf("two", { until: NOW + 30 }), NOW + 19)).toBe(false);
    // Late, but nobody came meanwhile.
    expect(await leases.takeLease(leaseOf("one", { until: NOW + 40 }), NOW + 25)).toBe(true);
    expect(await leases.takeLease(leaseOf("two", { until: NOW + 60 }), NOW + 40)).toBe(true);
    expect(await leases.takeLease(leaseOf("one", { until: NOW + 70 }), NOW + 41)).toBe(false);
  });

  test("a lease that is refused leaves the other's end as it was", async () => {
    const { leases } = await backend.openEmpty();
    await leases.takeLease(leaseOf("one"), NOW);
    for (let now = NOW; now < NOW + 10; now++) expect(await leases.takeLease(leaseOf("two", { until: now + 1_000 }), now)).toBe(false);
    expect(await leases.takeLease(leaseOf("three", { until: NOW + 20 }), NOW + 10)).toBe(true);
  });

  test("each name is a lease of its own", async () => {
    const { leases } = await backend.openEmpty();
    expect(await leases.takeLease(leaseOf("one", { name: "sweep" }), NOW)).toBe(true);
    expect(await leases.takeLease(leaseOf("two", { name: "Sweep" }), NOW)).toBe(true);
    expect(await leases.takeLease(leaseOf("two", { name: "sweep " }), NOW)).toBe(true);
  });

  test("a lease that is given back is free at once; nobody gives back another's", async () => {
    const { leases } = await backend.openEmpty();
    await leases.takeLease(leaseOf("one"), NOW);
    await leases.endLease(leaseOf("two"));
    expect(await leases.takeLease(leaseOf("two"), NOW)).toBe(false);
    await leases.endLease(leaseOf("one", { name: "another" }));
    expect(await leases.takeLease(leaseOf("two"), NOW)).toBe(false);
    await leases.endLease(leaseOf("one"));
    expect(await leases.takeLease(leaseOf("two"), NOW)).toBe(true);
    await leases.endLease(leaseOf("one"));
    expect(await leases.takeLease(leaseOf("one"), NOW)).toBe(false);
  });

  test("of many at once one gets it", async () => {
    const { leases } = await backend.openEmpty();
    const taken = await Promise.all(Array.from({ length: 20 }, (_, index) => leases.takeLease(leaseOf(`holder ${index}`), NOW)));
    expect(taken.filter(Boolean)).toHaveLength(1);
  });

  test("a lease that was taken in a transaction that fails was not taken", async () => {
    const store = await backend.openEmpty();
    await expect(
      store.transaction(async ({ leases }) => {
        expect(await leases.takeLease(leaseOf("one"), NOW)).toBe(true);
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    expect(await store.leases.takeLease(leaseOf("two"), NOW)).toBe(true);
  });
}

export function sharedLeaseSuite(backend: SharedBackend): void {
  test("of many at once in two processes one gets it, free or over", async () => {
    const stores = await backend.openTwo();
    for (const now of [NOW, NOW + 10, NOW + 20]) {
      const lease = (index: number) => leaseOf(`holder ${now} ${index}`, { until: now + 10 });
      const taken = await Promise.all(Array.from({ length: 20 }, (_, index) => stores[index % 2]!.leases.takeLease(lease(index), now)));
      expect(taken.filter(Boolean)).toHaveLength(1);
    }
  });

  test("whoever took the lease in a transaction is alone until its end, however late it is by then", async () => {
    const [one, two] = await backend.openTwo();
    const events: string[] = [];
    let other: Promise<void> | undefined;
    await one.transaction(async ({ leases, attempts }) => {
      await leases.takeLease(leaseOf("one"), NOW);
      // By its clock the lease is over long before the transaction of the first ends.
      other = two
        .transaction(async ({ leases, attempts }) => {
          const isTaken = await leases.takeLease(leaseOf("two", { until: NOW + 2_000 }), NOW + 1_000);
          events.push(`two: ${isTaken}, ${(await attempts.countAttempt("work", NOW, 10)).attempts}`);
        })
        .catch((error: unknown) => void events.push(String(error)));
      for (let piece = 0; piece < 20; piece++) await attempts.countAttempt("work", NOW, 10);
      events.push("one is done");
    });
    await other;
    expect(events).toEqual(["one is done", "two: true, 21"]);
  });
}
