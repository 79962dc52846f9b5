/**
 * Servers of `node:http`, got in a way that loads nothing else: `import` makes an ES module of everything that `node:http` offers, its WebSocket
 * client among it, which costs each start some 70 ms and 16 MB.
 */
export const { createServer, Server, STATUS_CODES } = process.getBuiltinModule("node:http");
