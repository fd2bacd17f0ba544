import RLSCore

/// Where a file that is wanted will be put.
package struct ArrivalPlan: Sendable {
    package let want: Want
    package let record: FileRecord
    /// In the partition's file system, as the final one is.
    package let temporaryPath: String
    /// The site that the metadata come from.
    package let publisher: String
    package let partition: StoragePartition
    /// Below the partition's root.
    package let path: String
    /// What the copy is registered with.
    package let pfn: ByteString
}

/// What became of a file that was fetched.
struct ArrivedFile: Sendable {
    let want: Want
    /// nil for a file that has no place.
    let copy: Mapping?
    let outcome: TransferOutcome
    /// Milliseconds since 1970.
    let began: Int
    /// Nothing was fetched: the copy stood in its place.
    let wasThere: Bool

    init(want: Want, copy: Mapping?, outcome: TransferOutcome, began: Int, wasThere: Bool = false) {
        self.wasThere = wasThere
        self.want = want
        self.copy = copy
        self.outcome = outcome
        self.began = began
    }

    init(_ plan: ArrivalPlan, _ outcome: TransferOutcome, began: Int) {
        self.init(want: plan.want, copy: Mapping(lfn: plan.want.lfn, pfn: plan.pfn), outcome: outcome, began: began)
    }
}

/// A file's metadata and the site that they come from.
package struct DescribedFile: Sendable {
    package let record: FileRecord
    package let publisher: String
}
