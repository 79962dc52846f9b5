import { BlockList, isIPv4, isIPv6 } from "node:net";
import type { AddressTest } from "../lib/network-address.ts";

/**
 * IPv4 ranges that are nobody's address on the public internet, or lead back inside: the IANA registry of special-purpose addresses (RFC 6890) with
 * multicast and what is reserved.
 */
const INNER_IPV4 = [
  "0.0.0.0/8", // this network
  "10.0.0.0/8", // private
  "100.64.0.0/10", // shared by the customers of a provider (CGNAT)
  "127.0.0.0/8", // loopback
  "169.254.0.0/16", // link-local, where clouds answer with credentials
  "172.16.0.0/12", // private
  "192.0.0.0/24", // protocol assignments
  "192.0.2.0/24", // documentation
  "192.31.196.0/24", // AS112
  "192.52.193.0/24", // AMT
  "192.88.99.0/24", // relays of 6to4
  "192.168.0.0/16", // private
  "192.175.48.0/24", // AS112
  "198.18.0.0/15", // benchmarks
  "198.51.100.0/24", // documentation
  "203.0.113.0/24", // documentation
  "224.0.0.0/4", // multicast
  "240.0.0.0/4", // reserved, broadcast among it
];

/**
 * Of IPv6 only what is given out to the public (RFC 4291 section 2.4) is let through. So loopback, link-local, unique local, multicast and every way
 * of writing an IPv4 address under `::` or `64:ff9b:` (mapped, compatible, NAT64) need no line of their own.
 */
const PUBLIC_IPV6 = "2000::/3";

/** Parts of that which are no host's own address, or hold an IPv4 address that was not checked. */
const INNER_IPV6 = [
  "2001::/23", // protocol assignments, Teredo among them
  "2001:db8::/32", // documentation
  "2002::/16", // 6to4
  "2620:4f:8000::/48", // AS112
  "3fff::/20", // documentation
];

/** Says which addresses requests of ours may go to. What users enter must not reach the operator's own network (server-side request forgery). */
export class AddressGuard {
  readonly #isAllowed: AddressTest;
  readonly #inner = new BlockList();
  readonly #publicIpv6 = new BlockList();

  /** `isAllowed`: addresses that the operator lets through in spite of where they lie. */
  constructor(isAllowed: AddressTest | null) {
    this.#isAllowed = isAllowed ?? (() => false);
    for (const range of INNER_IPV4) addRange(this.#inner, range, "ipv4");
    for (const range of INNER_IPV6) addRange(this.#inner, range, "ipv6");
    addRange(this.#publicIpv6, PUBLIC_IPV6, "ipv6");
  }

  /** `chosen`: the operator has named the address; `public`: anybody's; `inner`: nothing may go there. Text that is no address is `inner`. */
  judge(address: string): "chosen" | "public" | "inner" {
    if (this.#isAllowed(address)) return "chosen";
    if (isIPv4(address)) return this.#inner.check(address, "ipv4") ? "inner" : "public";
    // A zone names an interface of ours, so the address is not a public one.
    if (!isIPv6(address) || address.includes("%")) return "inner";
    return this.#publicIpv6.check(address, "ipv6") && !this.#inner.check(address, "ipv6") ? "public" : "inner";
  }
}

function addRange(list: BlockList, range: string, family: "ipv4" | "ipv6"): void {
  const [address = "", prefix = ""] = range.split("/");
  list.addSubnet(address, Number(prefix), family);
}
