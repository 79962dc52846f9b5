import { describe, expect, test } from "vitest";
import { parseAddressList } from "../../src/lib/network-address.ts";
import { AddressGuard } from "../../src/outgoing/address-guard.ts";

const guard = new AddressGuard(null);

describe("an address inside is refused", () => {
  test.each([
    ["this network", ["0.0.0.0", "0.1.2.3"]],
    ["loopback", ["127.0.0.1", "127.255.255.254", "::1"]],
    ["private (RFC 1918)", ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"]],
    ["shared by a provider's customers (RFC 6598)", ["100.64.0.1", "100.127.255.255"]],
    ["link-local, with the metadata of clouds", ["169.254.169.254", "169.254.0.1", "fe80::1", "febf::1"]],
    ["protocol assignments", ["192.0.0.8", "192.0.0.171", "2001::1", "2001:1ff:ffff::1"]],
    ["documentation", ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"]],
    ["benchmarks", ["198.18.0.1", "198.19.255.255"]],
    ["multicast", ["224.0.0.1", "239.255.255.255", "ff02::1"]],
    ["reserved and broadcast", ["240.0.0.1", "255.255.255.255"]],
    ["unspecified", ["::"]],
    ["unique local", ["fc00::1", "fdff:ffff::1"]],
    ["site-local, which is gone", ["fec0::1"]],
    ["IPv4 mapped into IPv6, in both spellings", ["::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:8.8.8.8", "::FFFF:10.0.0.1"]],
    ["IPv4 compatible", ["::7f00:1", "::8.8.8.8"]],
    ["IPv4 translated", ["::ffff:0:127.0.0.1", "::ffff:0:7f00:1"]],
    ["NAT64 (RFC 6052, RFC 8215)", ["64:ff9b::7f00:1", "64:ff9b::127.0.0.1", "64:ff9b::8.8.8.8", "64:ff9b:1::7f00:1"]],
    ["6to4 and its relays", ["2002:7f00:1::", "2002:a00:1::1", "192.88.99.1"]],
    ["Teredo", ["2001:0:7f00:1::"]],
    ["discard only", ["100::1"]],
    ["with a zone, so an interface of this machine", ["fe80::1%eth0", "2606:4700::1%eth0"]],
    ["no address at all", ["", "localhost", "example.com", "127.1", "0x7f000001", "2130706433", "127.0.0.1 ", "[::1]"]],
  ])("%s", (_range, addresses) => {
    for (const address of addresses) expect(guard.judge(address), address).toBe("inner");
  });
});

test("an address on the public internet is let through, also the last one beside a range inside", () => {
  for (const address of [
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2001:200::1",
    "2a00:1450:4001::1",
  ]) {
    expect(guard.judge(address), address).toBe("public");
  }
});

test("what the operator has named is let through, and nothing beside it", () => {
  const parsed = parseAddressList("10.1.0.0/16, ::1, fd00:1::/32");
  const chosen = new AddressGuard(parsed.kind === "list" ? parsed.includes : null);
  for (const address of ["10.1.2.3", "::1", "fd00:1::5", "::ffff:10.1.2.3"]) expect(chosen.judge(address), address).toBe("chosen");
  for (const address of ["10.2.0.1", "127.0.0.1", "fd00:2::5", "::ffff:10.2.0.1"]) expect(chosen.judge(address), address).toBe("inner");
  expect(chosen.judge("1.1.1.1")).toBe("public");
});
