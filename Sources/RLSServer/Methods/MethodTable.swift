import NIOCore
import RLSCore
import RLSSecurity
import RLSWire

/// All methods of the server, in one table.
enum MethodTable {
    static let rows: [MethodRow] =
        MappingMethods.rows + BulkMethods.rows + AttributeMethods.rows + IndexServerMethods.rows + ServerMethods.rows
        + indexRole

    static let shapes = rows.map { (name: $0.name, shape: $0.shape) }

    /// The index role is refused by role, before any of these bodies would run.
    private static let indexRole = Methods.indexRole.map { name, shape in
        MethodRow(
            name: name, shape: shape, role: .index, rights: [],
            body: .control { (_, _, _) throws(CatalogError) in throw Role.index.refusal })
    }
}
