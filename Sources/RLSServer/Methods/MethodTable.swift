import NIOCore
import RLSCore
import RLSSecurity
import RLSWire

/// All methods of the server, in one table.
enum MethodTable {
    static let rows: [MethodRow] =
        MappingMethods.rows + BulkMethods.rows + AttributeMethods.rows + RegistryMethods.catalog.rows
        + ServerMethods.rows + IndexMethods.rows + RegistryMethods.index.rows + UpdateMethods.rows

    static let shapes = rows.map { (name: $0.name, shape: $0.shape) }
}
