import NIOCore
import RLSCore
import RLSSecurity
import RLSWire

/// All methods of the server, in one table.
enum MethodTable {
    static let rows: [MethodRow] =
        MappingMethods.rows + BulkMethods.rows + AttributeMethods.rows + RegistryMethods.catalog.rows
        + ServerMethods.rows + IndexMethods.rows + RegistryMethods.index.rows + UpdateMethods.rows

    /// The rows of a server that has these roles' look-ups made by other threads.
    static func rows(gathering roles: RoleSet) -> [MethodRow] {
        roles.isEmpty ? rows : rows.map { roles.has($0.role) ? $0.gathered : $0 }
    }

    static let shapes = rows.map { (name: $0.name, shape: $0.shape) }
}
