import RLSCore
import RLSStorage

/// A value of an attribute of one name.
struct ObjectValue: Sendable, Hashable {
    let kind: NameKind
    let key: ByteString
    let name: ByteString
    let value: AttributeValue
}

/// From where on mappings are read.
enum CopyPosition: Sendable, Hashable {
    case beginning
    /// That logical name, all its mappings included.
    case name(ByteString)
    /// Behind that row of the original.
    case row(OriginalPosition)
}

/// A catalog that is read from beginning to end, in pages. What no catalog can hold is left out, and
/// noted. Used by one thread.
protocol CatalogSource: AnyObject {
    /// For people who wait.
    func estimatedMappings() throws(StorageError) -> Int?

    func definitions(_ skipped: inout Skipped) throws(StorageError) -> [AttributeDefinition]
    /// In an order that is always the same. Mappings of one logical name follow each other.
    func mappings(
        from position: CopyPosition, _ skipped: inout Skipped, visit: ([Mapping]) -> Visit
    ) throws(StorageError)
    func values(_ skipped: inout Skipped, visit: ([ObjectValue]) -> Visit) throws(StorageError)
    func rlis(_ skipped: inout Skipped) throws(StorageError) -> [RLIRecord]
    /// Distinct targets in mappings.
    func countTargets() throws(StorageError) -> Int

    /// Where to go on with a copy that was interrupted; nil when the target does not look like one.
    /// - Parameter slack: how many mappings may be missing before the last one
    func position(in target: any CatalogReader, slack: Int) throws(StorageError) -> CopyPosition?
}

/// One page of a walk.
enum SourcePage {
    static let rows = 2_000
    /// Of names: longer ones make shorter pages.
    static let bytes = 1 << 20
}
