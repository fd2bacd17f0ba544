import Logging
import RLSClient
import RLSConfiguration
import RLSCore
import RLSStorage

extension UpdatePlan.Settings {
    init(_ configuration: ServerConfiguration, _ record: RLIRecord) {
        self.init(
            interval: (record.isFilter ? configuration.filterInterval : configuration.listInterval) * 1_000,
            isImmediate: configuration.isImmediate, factor: configuration.updateFactor,
            // Within the time, the way there included.
            bufferDelay: Int(configuration.bufferDelay / .milliseconds(1)) * 9 / 10,
            bufferCount: configuration.bufferedChanges, retry: configuration.updateRetry * 1_000)
    }
}

extension RLIUpdater.Surroundings {
    init(
        _ configuration: LiveConfiguration, clock: SteadyClock, credential: ClientCredential, logger: Logger,
        succeeded: @escaping @Sendable (ByteString, Int) -> Void
    ) {
        self.init(
            clock: clock, settings: { UpdatePlan.Settings(configuration.current, $0) },
            timeout: { configuration.current.peerTimeLimit }, credential: credential, logger: logger,
            succeeded: succeeded)
    }
}

extension ServerConfiguration {
    /// 0 means none: a day.
    fileprivate var peerTimeLimit: Duration { peerTimeout > 0 ? .seconds(peerTimeout) : .seconds(86_400) }
}
