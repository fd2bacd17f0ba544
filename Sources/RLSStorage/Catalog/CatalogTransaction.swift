import RLSCore

/// What a back end must be able to do inside a write transaction. The rules of the protocol are in ChangeRules.
package protocol CatalogTransaction: RLIRegistry {
    func hasName(_ kind: NameKind, _ name: ByteString) throws(StorageError) -> Bool
    func hasMapping(_ mapping: Mapping) throws(StorageError) -> Bool
    func insert(_ mapping: Mapping) throws(StorageError)
    /// False when there was no such mapping.
    func remove(_ mapping: Mapping) throws(StorageError) -> Bool
    /// Renames in mappings and attribute values; the new name must be free.
    func rename(_ kind: NameKind, from old: ByteString, to new: ByteString) throws(StorageError)
    /// Removes all mappings and attribute values.
    func removeEverything() throws(StorageError)

    func attribute(_ kind: NameKind, _ name: ByteString) throws(StorageError) -> StoredAttribute?
    func define(_ definition: AttributeDefinition) throws(StorageError)
    func undefine(_ attribute: StoredAttribute) throws(StorageError)
    func hasValues(_ attribute: StoredAttribute) throws(StorageError) -> Bool

    func hasValue(_ attribute: StoredAttribute, of key: ByteString) throws(StorageError) -> Bool
    func setValue(_ value: AttributeValue, _ attribute: StoredAttribute, of key: ByteString) throws(StorageError)
    func removeValue(_ attribute: StoredAttribute, of key: ByteString) throws(StorageError)
    /// Removes every attribute value of a name that has lost its last mapping.
    func forget(_ kind: NameKind, _ name: ByteString) throws(StorageError)

    /// What to tell the observer when the transaction has committed.
    var events: [CatalogEvent] { get set }
    /// Added to the counts when the transaction commits.
    var countChange: CatalogCounts { get set }
    /// The counts as this transaction sees them are now all zero.
    func resetCounts() throws(StorageError)
}

package struct StoredAttribute: Sendable, Hashable {
    package let id: Int64
    package let definition: AttributeDefinition

    package init(id: Int64, definition: AttributeDefinition) {
        self.id = id
        self.definition = definition
    }
}
