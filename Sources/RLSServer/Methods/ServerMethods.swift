import Logging
import NIOCore
import RLSConfiguration
import RLSCore
import RLSSecurity
import RLSSoftState
import RLSWire

/// The server itself: configuration, statistics, administration.
enum ServerMethods {
    static let rows: [MethodRow] = [
        .control(Methods.close, []) { (_, _, _) throws(CatalogError) in .close },
        .control(Methods.admin, []) { (arguments, session, buffer) throws(CatalogError) in
            try admin(arguments, session, &buffer)
        },
        .control(Methods.stats, .stats) { (_, session, buffer) throws(CatalogError) in
            buffer.writeStatus(.success)
            StatisticsReply(session.context.statistics).encode(into: &buffer)
            return .none
        },
        .control(Methods.getConfiguration, .admin) { (arguments, session, buffer) throws(CatalogError) in
            buffer.writeStatus(.success)
            for pair in configuration(arguments.word, session.context.configuration.current) {
                pair.encode(into: &buffer)
            }
            buffer.writeListEnd(more: false)
            return .none
        },
        .control(Methods.setConfiguration, .admin) { (arguments, session, buffer) throws(CatalogError) in
            try setConfiguration(arguments, session)
            buffer.writeStatus(.success)
            return .none
        },
        .read(Methods.softState, role: .any, .stats, .everything) { (_, session) throws(CatalogError) in
            let context = session.context
            return OnceProducer { (_, buffer) throws(ReplyFailure) in
                buffer.writeStatus(.success)
                let items = (context.updates?.status ?? []) + (context.index?.locations.status ?? [])
                for item in items { item.encode(into: &buffer) }
                buffer.writeListEnd(more: false)
            }
        },
        .control(Methods.capabilities, []) { (_, session, buffer) throws(CatalogError) in
            buffer.writeStatus(.success)
            for row in MethodTable.rows where session.context.has(row.role) {
                PairItem(row.name, "1").encode(into: &buffer)
            }
            buffer.writeListEnd(more: false)
            return .none
        },
    ]

    private static func admin(
        _ arguments: WordArguments, _ session: ClientSession, _ buffer: inout ByteBuffer
    ) throws(CatalogError) -> ControlEffect {
        guard let number = Int(arguments.word.description), let command = AdminCommandCode(rawValue: number) else {
            throw CatalogError(.badArgument, arguments.word)
        }
        if command != .ping && !session.grants.general.contains(.admin) { throw CatalogError(.permission, "admin") }
        switch command {
        case .ping:
            buffer.writeStatus(.success)
            return .none
        case .quit:
            session.context.logger.notice("asked to stop", metadata: session.metadata)
            buffer.writeStatus(.success)
            return .quit
        case .startSoftStateUpdates:
            session.context.updates?.updateNow()
            buffer.writeStatus(.success)
            return .none
        }
    }

    private static func configuration(_ name: ByteString, _ current: ServerConfiguration) -> [PairItem] {
        let values: (ServerOption) -> [PairItem] = { option in
            option.get(current).map { PairItem(ByteString(option.key), ByteString(option.isSecret ? "********" : $0)) }
        }
        if name.isEmpty || name == "all" { return ServerOptions.all.flatMap(values) }
        guard let option = ServerOptions.option(name.description) else { return [PairItem(name, "unknown option")] }
        let found = values(option)
        return found.isEmpty ? [PairItem(name, .empty)] : found
    }

    private static func setConfiguration(_ arguments: WordPairArguments, _ session: ClientSession) throws(CatalogError)
    {
        let key = arguments.first.description
        do throws(LiveConfiguration.Refusal) {
            try session.context.configuration.set(key, to: arguments.second.description)
        } catch {
            session.context.audit.configurationRefused(session, option: key, cause: "\(error)")
            throw CatalogError(.badArgument, arguments.first)
        }
        let isSecret = ServerOptions.option(key)?.isSecret ?? true
        let value = isSecret ? "********" : arguments.second.description
        session.context.audit.configurationChanged(session, option: key, value: value)
    }
}
