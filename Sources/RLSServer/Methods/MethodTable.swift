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
    private static let indexRole: [MethodRow] = [
        refused(Methods.indexExists), refused(Methods.indexExistsBulk), refused(Methods.indexMappingExists),
        refused(Methods.getLRC), refused(Methods.getLRCWildcard), refused(Methods.getLRCBulk),
        refused(Methods.lrcList), refused(Methods.senderList), refused(Methods.parentAdd),
        refused(Methods.parentDelete), refused(Methods.parentPartitions), refused(Methods.parentInfo),
        refused(Methods.parentList), refused(Methods.listUpdate), refused(Methods.filterUpdate),
        refused(Methods.wholeFilter), refused(Methods.filterDelta), refused(Methods.listBegin),
        refused(Methods.listPart), refused(Methods.listEnd), refused(Methods.listChanges), refused(Methods.softState),
    ]

    private static func refused<Arguments, Item>(_ method: Method<Arguments, Item>) -> MethodRow {
        MethodRow(
            name: method.name, shape: Arguments.shape, role: .index, rights: [],
            body: .control { (_, _, _) throws(CatalogError) in throw Role.index.refusal })
    }
}
