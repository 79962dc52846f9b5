/** Packages of bench/package.json: they are installed on first use, so their types are not there when ours are checked. */
declare module "@fastify/jwt";
declare module "@jmondi/oauth2-server";
declare module "@node-oauth/oauth2-server";
declare module "express";
declare module "express-oauth2-jwt-bearer";
declare module "node-red";
