import NIOCore
import RLSCore
import RLSStorage

/// Why no reply, or no more of it, can be given.
enum ReplyFailure: Error {
    /// The answer is this error; nothing has been written.
    case refused(CatalogError)
    /// The store failed, perhaps in the middle of a reply.
    case failed(StorageError)

    var answer: CatalogError {
        switch self {
        case .refused(let error): error
        case .failed(let error): error.answer
        }
    }
}

enum Progress: Sendable {
    case done
    /// The chunk is full, or enough was read for one turn.
    case more
}

/// What replies are read from: a reader for each role that the server has. Used by one thread at a time.
struct RoleReaders {
    let catalog: (any CatalogReader)?
    let index: (any IndexReader)?
    /// Those of them that want to be told what comes.
    var remote: RoleSet = []
    /// Other threads have them, which will do what is left.
    var areElsewhere = false

    static var elsewhere: RoleReaders { RoleReaders(catalog: nil, index: nil, areElsewhere: true) }

    /// Until `release`.
    func mayBeOld() { catalog?.mustBeCurrent = false }

    func release() {
        catalog?.release()
        index?.release()
    }
}

/// Writes a reply piece by piece. Between pieces it holds no statement and no snapshot, only the position to go on from.
protocol ReplyProducer: Sendable {
    mutating func produce(_ readers: RoleReaders, into buffer: inout ByteBuffer) throws(ReplyFailure) -> Progress
    /// The exact look-ups of the next turn. One that has many calls `prefetch` itself.
    func addNeeds(to ahead: inout ReadAhead)
    /// Where the next page begins, when this one stopped early.
    var continuation: PageContinuation? { get }
}

/// One that reads the catalog.
protocol CatalogReplyProducer: ReplyProducer {
    mutating func produce(_ reader: any CatalogReader, into buffer: inout ByteBuffer) throws(ReplyFailure) -> Progress
}

extension CatalogReplyProducer {
    mutating func produce(_ readers: RoleReaders, into buffer: inout ByteBuffer) throws(ReplyFailure) -> Progress {
        guard let catalog = readers.catalog else { throw .refused(Role.catalog.refusal) }
        return try produce(catalog, into: &buffer)
    }
}

extension ReplyProducer {
    func addNeeds(to ahead: inout ReadAhead) {}
    var continuation: PageContinuation? { nil }
}

/// How much one turn may write and read.
enum ChunkBudget {
    static let bytes = 131_072
    static let rows = 20_000
}

/// Remembers where a client's page ended, so that its next page costs no counting and neither repeats nor misses a row
/// when others write in between.
struct PageContinuation: Sendable {
    let query: PageQuery
    let offset: Int
    let position: PagePosition

    /// Whether a request asks for exactly what follows.
    func isNext(_ query: PageQuery, offset: Int) -> Bool { offset > 0 && offset == self.offset && query == self.query }
}

enum PageQuery: Hashable, Sendable {
    case partners(NameKind, ByteString)
    case wildcard(NameKind, ByteString)
    case search(AttributeDefinition, AttributeCondition)
}

enum PagePosition: Sendable {
    case mapping(MappingPosition)
    case search(SearchPosition)
}

/// Counts the rows of a page: skips to the offset, stops at the limit.
struct PageCounter: Sendable {
    enum Verdict {
        case skip
        case take
        /// The page is full, and here is a row that would follow.
        case full
    }

    private let page: Page
    private var skipped: Int
    private(set) var taken = 0
    private let isContinued: Bool

    /// - Parameter resumes: the rows before the page's offset have been passed already.
    init(_ page: Page, resumes: Bool) {
        self.page = page
        isContinued = resumes
        skipped = resumes ? page.offset : 0
    }

    /// At least one row exists, on this page or before it.
    var hasSeenRows: Bool { isContinued || skipped + taken > 0 }
    var nextOffset: Int { page.offset + taken }
    var isFull: Bool { page.limit > 0 && taken == page.limit }

    mutating func next() -> Verdict {
        if skipped < page.offset {
            skipped += 1
            return .skip
        }
        if isFull { return .full }
        taken += 1
        return .take
    }
}
