import type { Queryable } from '../database.js';
import { READER, WRITER } from './rights.js';

/** What the user of a connection may do about the roles, and what they have already. */
export interface RoleState {
  user: string;
  database: string;
  /** Whether both roles are there. */
  areThere: boolean;
  mayMakeRoles: boolean;
  /** The user is a superuser, or can take on the writer's role: what it owns may become the writer's. */
  canGive: boolean;
  /** The schema `millrace` is the user's. */
  isOwner: boolean;
}

export async function roleState(db: Queryable): Promise<RoleState> {
  const [state] = await db.query<RoleState>(
    `select current_user::text as user, current_database()::text as database,
       w.oid is not null and r.oid is not null as "areThere",
       u.rolsuper or u.rolcreaterole as "mayMakeRoles",
       u.rolsuper or coalesce(
         pg_has_role(u.oid, w.oid,
           case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end)
         and pg_has_role(u.oid, w.oid, 'USAGE'), false) as "canGive",
       coalesce((select pg_has_role(nspowner, 'USAGE') from pg_namespace where nspname = 'millrace'), false) as "isOwner"
     from pg_roles u
     left join pg_roles w on w.rolname = $1 left join pg_roles r on r.rolname = $2
     where u.rolname = current_user`,
    [WRITER, READER],
  );
  return state;
}
