import NIOCore
import RLSConfiguration
import RLSCore
import RLSSecurity
import RLSStorage
import RLSWire

/// The part of a server that a method belongs to.
enum Role: Sendable {
    case any
    case catalog
    case index

    /// The subject of the answer 9 where the server does not have the role.
    var refusal: CatalogError { CatalogError(.invalidServer, self == .index ? "not RLI server" : "not LRC server") }
}

/// A write request, decoded: the changes, and how their outcome is answered.
struct PendingWrite: Sendable {
    let changes: [Change]
    /// Names of items that the client has no right to change.
    var refused: [ByteString] = []
    let reply: @Sendable (_ failures: [ChangeFailure], _ buffer: inout ByteBuffer) -> Void
}

/// Work of another thread, whose end is answered with its strings or an error.
struct DeferredReply: Sendable {
    typealias Finish = @Sendable (Result<ByteBuffer, CatalogError>) -> Void
    let start: @Sendable (@escaping Finish) -> Void
}

/// What a method of the server itself does beyond its reply.
enum ControlEffect: Sendable {
    case none
    case close
    case quit
}

/// A row of the method table: everything that is known of a method before its arguments are.
struct MethodRow: Sendable {
    /// Answers with the readers. What then is left is the producer's: all of it where they are elsewhere.
    typealias Lookup =
        @Sendable (inout FieldReader, ClientSession, RoleReaders, inout ByteBuffer) throws(ReplyFailure)
        -> (any ReplyProducer)?
    typealias Read = @Sendable (inout FieldReader, ClientSession) throws(CatalogError) -> any ReplyProducer
    typealias Write = @Sendable (inout FieldReader, ClientSession) throws(CatalogError) -> PendingWrite
    typealias Control =
        @Sendable (inout FieldReader, ClientSession, inout ByteBuffer) throws(CatalogError) -> ControlEffect

    typealias Defer = @Sendable (inout FieldReader, ClientSession) throws(CatalogError) -> DeferredReply

    enum Body: Sendable {
        /// Answered on the event loop, or together with others where the store is not for event loops. What is too long for
        /// that goes on as a stream.
        case lookup(Lookup)
        /// Answered from the reader pool.
        case read(Read)
        case write(Write)
        /// Done elsewhere; the connection waits for it.
        case deferred(Defer)
        /// Needs no storage.
        case control(Control)
    }

    let name: ByteString
    let shape: ArgumentShape
    let role: Role
    /// All of these are needed.
    let rights: Rights
    let body: Body
    let discipline: ConnectionState.Discipline

    init(name: ByteString, shape: ArgumentShape, role: Role, rights: Rights, body: Body) {
        self.name = name
        self.shape = shape
        self.role = role
        self.rights = rights
        self.body = body
        discipline = if case .write = body { .write } else { .read }
    }

    /// Where look-ups of some roles are made together.
    func discipline(gathering roles: RoleSet) -> ConnectionState.Discipline {
        if case .lookup = body, roles.has(role) { .lookup } else { discipline }
    }
}

extension MethodRow {
    static func lookup<Arguments, Item, Producer: ReplyProducer>(
        _ method: Method<Arguments, Item>, role: Role = .catalog, _ rights: Rights,
        _ scope: QueryScope<Arguments>,
        _ make: @escaping @Sendable (Arguments, ClientSession) throws(CatalogError) -> Producer
    ) -> MethodRow {
        row(
            method, role, rights,
            .lookup { (reader, session, readers, buffer) throws(ReplyFailure) in
                var producer: Producer
                do throws(CatalogError) {
                    let arguments = try Arguments(from: &reader)
                    try session.check(rights) { () throws(CatalogError) in try scope.of(arguments) }
                    producer = try make(arguments, session)
                } catch { throw .refused(error) }
                if readers.areElsewhere { return producer }
                if try producer.produce(readers, into: &buffer) == .more { return producer }
                if let next = producer.continuation { session.lastPage = next }
                return nil
            })
    }

    static func read<Arguments, Item>(
        _ method: Method<Arguments, Item>, role: Role = .catalog, _ rights: Rights,
        _ scope: QueryScope<Arguments>,
        _ make: @escaping @Sendable (Arguments, ClientSession) throws(CatalogError) -> any ReplyProducer
    ) -> MethodRow {
        row(
            method, role, rights,
            .read { (reader, session) throws(CatalogError) in
                let arguments = try Arguments(from: &reader)
                try session.check(rights) { () throws(CatalogError) in try scope.of(arguments) }
                return try make(arguments, session)
            })
    }

    /// A single change: the reply is a status.
    static func change<Arguments, Item>(
        _ method: Method<Arguments, Item>, _ rights: Rights,
        _ make: @escaping @Sendable (Arguments) throws(CatalogError) -> Change
    ) -> MethodRow {
        row(
            method, .catalog, rights,
            .write { (reader, session) throws(CatalogError) in
                let change = try make(try Arguments(from: &reader))
                try session.check(rights) { change.scope }
                return PendingWrite(changes: [change]) { failures, buffer in
                    if let failure = failures.first {
                        buffer.writeError(failure.error)
                    } else {
                        buffer.writeStatus(.success)
                    }
                }
            })
    }

    /// Many changes: the reply lists the failures. An item that cannot be a change fails alone.
    static func bulk<Entry: BulkChangeItem, Item>(
        _ method: Method<BulkArguments<Entry>, Item>,
        _ make: @escaping @Sendable (Entry) throws(CatalogError) -> Change
    ) -> MethodRow {
        row(
            method, .catalog, .lrcUpdate,
            .write { (reader, session) throws(CatalogError) in
                let entries = try BulkArguments<Entry>(from: &reader).items
                return BulkChanges(entries) { (entry) throws(CatalogError) in
                    let change = try make(entry)
                    try session.check(.lrcUpdate) { change.scope }
                    return change
                }.pendingWrite
            })
    }

    static func deferred<Arguments, Item>(
        _ method: Method<Arguments, Item>, role: Role, _ rights: Rights, _ scope: NameScope,
        _ make: @escaping @Sendable (Arguments, ClientSession) throws(CatalogError) -> DeferredReply
    ) -> MethodRow {
        row(
            method, role, rights,
            .deferred { (reader, session) throws(CatalogError) in
                let arguments = try Arguments(from: &reader)
                try session.check(rights) { scope }
                return try make(arguments, session)
            })
    }

    static func control<Arguments, Item>(
        _ method: Method<Arguments, Item>, _ rights: Rights,
        _ run: @escaping @Sendable (Arguments, ClientSession, inout ByteBuffer) throws(CatalogError) -> ControlEffect
    ) -> MethodRow {
        row(
            method, .any, rights,
            .control { (reader, session, buffer) throws(CatalogError) in
                let arguments = try Arguments(from: &reader)
                try session.check(rights) { .server }
                return try run(arguments, session, &buffer)
            })
    }

    private static func row<Arguments, Item>(
        _ method: Method<Arguments, Item>, _ role: Role, _ rights: Rights, _ body: Body
    ) -> MethodRow {
        MethodRow(name: method.name, shape: Arguments.shape, role: role, rights: rights, body: body)
    }
}
