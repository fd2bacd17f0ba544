import RLSCore
import RLSSecurity

/// What a server is told, with the defaults. The keywords, bounds and explanations are in ServerOptions.
package struct ServerConfiguration: Sendable, Equatable {
    // Roles and storage
    package var isCatalog = false
    package var isIndex = false
    package var catalogDatabase = ""
    package var indexDatabase = ""
    package var readDatabase = ""
    package var readStaleness = 10
    package var databaseTimeout = 10
    package var databasePartitions = 4
    package var isDatabasePooled = false

    // Network
    package var listenAddress = ""
    package var port = ServerAddress.defaultPort
    package var ownURL = ""
    package var isInsecureListenAnywhereAllowed = false
    package var maximumConnections = 1_000
    package var maximumConnectionsPerAddress = 0
    package var idleTimeout = 900
    package var requestTimeout = 60
    package var writeTimeout = 60
    package var peerTimeout = 30

    // Limits
    package var resultLimit = 0
    package var maximumFieldLength = 65_536
    package var maximumBulkItems = 100_000
    package var maximumRequestBytes = 32 << 20
    package var eventLoops = 0
    package var readerThreads = 4

    // Security
    package var isAuthenticated = true
    package var accessRules: [AccessRule] = []
    package var certificateFile = ""
    package var keyFile = ""
    package var certificateDirectory = ""
    package var attributeDirectory = ""
    package var gridMap = GridMap.none
    package var isClearChannelAllowed = false
    package var areLimitedProxiesAllowed = true
    package var handshakeTimeout = 20
    package var maximumHandshakes = 512
    package var handshakeThreads = 2

    // Running
    package var pidFile = ""
    package var logLevel = LogLevel.info
    package var areUpdatesLogged = false
    package var statsFormat = StatsFormat.current

    // Soft state
    package var filterHashes = 3
    package var filterBitsPerName = 10
    package var filterInterval = 300
    package var listInterval = 86_400
    package var bufferTime = 30
    package var isImmediate = false
    package var updateFactor = 10
    package var updateRetry = 300
    package var takesFiltersOnly = false
    package var filterDirectory = ""
    package var expireInterval = 28_800
    package var expireStale = 86_400
    package var falsePositiveOneIn = 100
    package var bufferMilliseconds = 0
    package var bufferedChanges = 200
    package var maximumSenders = 10_000
    package var maximumUpdateBytes = 512 << 20

    package init() {}

    /// With no configuration at all: a catalog without authentication, for programs on this machine.
    package static func embedded(database: String) -> ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.isCatalog = true
        configuration.isAuthenticated = false
        configuration.catalogDatabase = "sqlite:" + database
        return configuration
    }

    /// Without authentication only programs on this machine may connect, unless the operator says otherwise in so many words.
    package var effectiveListenAddress: String {
        if !listenAddress.isEmpty { return listenAddress }
        return isAuthenticated || isInsecureListenAnywhereAllowed ? "::" : "127.0.0.1"
    }

    /// How long changes are gathered before they are sent.
    package var bufferDelay: Duration {
        bufferMilliseconds > 0 ? .milliseconds(bufferMilliseconds) : .seconds(bufferTime)
    }

    /// Without authentication and without access lines everyone who can connect may do everything; `listen_address` keeps
    /// that to this machine.
    package var accessList: AccessList {
        if accessRules.isEmpty && !isAuthenticated, let everyone = try? AccessRule("^anonymous$: all") {
            return AccessList([everyone])
        }
        return AccessList(accessRules)
    }

    /// What a client may do.
    package func grants(to identity: Identity) -> Grants {
        if identity.isLimitedProxy && !areLimitedProxiesAllowed { return .nothing }
        let grants = accessList.grants(to: identity.mapped(by: gridMap))
        return identity.isChannelClear ? grants.subtracting(.admin) : grants
    }
}

package enum LogLevel: String, Sendable, CaseIterable {
    case trace, debug, info, notice, warning, error, critical
}

/// How many strings the `stats` method answers.
package enum StatsFormat: String, Sendable, CaseIterable {
    /// Twelve, as clients of the 4.x kind read them.
    case current = "4.x"
    /// Eleven: clients of the 1.1 kind know nothing of `rli_numsender`.
    case original = "1.1"
}
