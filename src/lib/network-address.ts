/** Network addresses as text: whom one counts for, and lists of them. */
import { BlockList, isIP, isIPv4, isIPv6 } from "node:net";

/** Stands for everything that is no address, so that a text of any length or number is one subject. */
const NO_ADDRESS = "unknown";

/** Whom an address counts for: an IPv4 address for itself; of IPv6 the first 64 bits, because each host has all of the rest for itself. */
export function networkOf(text: string): string {
  const address = bareAddress(text);
  if (address === undefined) return NO_ADDRESS;
  if (isIPv4(address)) return address;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const after = tail === "" ? [] : tail.split(":");
    while (groups.length + after.length < 8) groups.push("0");
    groups.push(...after);
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, "").toLowerCase())
    .join(":")}::/64`;
}

/** The address alone: some proxies write its port behind it, IPv6 in brackets, and a socket for both kinds shows IPv4 as IPv6. */
function bareAddress(text: string): string | undefined {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  const withoutZone = bare.replace(/%.*$/s, "");
  const address = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(withoutZone)?.[1] ?? withoutZone;
  return isIP(address) === 0 ? undefined : address;
}

/** Whether an address is in a list. */
export type AddressTest = (address: string) => boolean;

/** Reads addresses and ranges (`10.0.0.0/8`, `2001:db8::/32`), separated by commas. Gives the first one that is neither. */
export function parseAddressList(
  text: string,
): { readonly kind: "list"; readonly includes: AddressTest } | { readonly kind: "unreadable"; readonly entry: string } {
  const list = new BlockList();
  for (const entry of text.split(",").map((part) => part.trim())) {
    const [, address = "", prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
    const bits = isIPv4(address) ? 32 : 128;
    const length = prefix === undefined ? bits : Number(prefix);
    if (isIP(address) === 0 || address.includes("%") || length > bits) return { kind: "unreadable", entry };
    list.addSubnet(address, length, familyOf(address));
  }
  return {
    kind: "list",
    includes(text) {
      const address = bareAddress(text);
      return address !== undefined && list.check(address, familyOf(address));
    },
  };
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIPv6(address) ? "ipv6" : "ipv4";
}
