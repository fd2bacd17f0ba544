import Testing

@testable import RLSSoftState

@Suite struct UpdatePlanTests {
    private typealias Settings = UpdatePlan.Settings
    private let calm = Settings(interval: 100_000)
    private let immediate = Settings(
        interval: 100_000, isImmediate: true, factor: 10, bufferDelay: 1_000, bufferCount: 3, retry: 8_000)

    @Test func aNewServerGetsAFullUpdateAtOnce() {
        var plan = UpdatePlan()
        #expect(plan.next(at: 5, calm) == .full)
        plan.began(full: true)
        plan.succeeded(full: true, at: 10, calm, random: 0)
        #expect(plan.next(at: 10, calm) == .wait(until: 100_010))
        #expect(plan.next(at: 100_010, calm) == .full)
    }

    /// With immediate mode full updates are rare; in between the receiver hears that nothing has changed.
    @Test func signsOfLife() {
        var plan = UpdatePlan()
        plan.succeeded(full: true, at: 0, immediate, random: 0)
        for time in stride(from: 100_000, to: 1_000_000, by: 100_000) {
            #expect(plan.next(at: time - 1, immediate) == .wait(until: time))
            #expect(plan.next(at: time, immediate) == .changes)
            plan.succeeded(full: false, at: time, immediate, random: 0)
        }
        #expect(plan.next(at: 1_000_000, immediate) == .full)
    }

    /// The receiver believes what it was told: a longer interval counts from the next update on.
    @Test func aLongerIntervalHasToBeTold() {
        let longer = Settings(interval: 900_000)
        var plan = UpdatePlan()
        plan.succeeded(full: true, at: 0, calm, random: 0)
        #expect(plan.next(at: 1, longer) == .wait(until: 100_000))
        #expect(plan.next(at: 100_000, longer) == .changes)
        plan.succeeded(full: false, at: 100_000, longer, random: 0)
        #expect(plan.next(at: 100_001, longer) == .wait(until: 900_000))
        #expect(plan.next(at: 100_001, calm) == .full)
    }

    @Test func aLostConnectionIsMadeAgain() {
        var plan = UpdatePlan()
        plan.succeeded(full: true, at: 0, calm, random: 0)
        plan.lostConnection(at: 10)
        #expect(plan.next(at: 10, calm) == .wait(until: 1_010))
        #expect(plan.next(at: 1_010, calm) == .changes)
        plan.succeeded(full: false, at: 1_020, calm, random: 0)
        #expect(plan.next(at: 1_020, calm) == .wait(until: 100_000))
    }

    /// Asked for while an update is under way: another one follows.
    @Test func aDemandDuringAnUpdateStands() {
        var plan = UpdatePlan()
        plan.began(full: true)
        plan.demandFull()
        plan.succeeded(full: true, at: 5, calm, random: 0)
        #expect(plan.next(at: 5, calm) == .full)
    }

    /// Never later than told, so that nothing becomes stale in between.
    @Test func intervalsSpread() {
        var plan = UpdatePlan()
        plan.succeeded(full: true, at: 0, calm, random: 0.5)
        #expect(plan.next(at: 0, calm) == .wait(until: 95_000))
    }

    @Test func changesWaitForTimeOrNumber() {
        var plan = UpdatePlan()
        plan.succeeded(full: true, at: 0, immediate, random: 0)
        #expect(plan.next(at: 1, immediate) == .wait(until: 100_000))
        plan.changesWait(1, at: 100)
        #expect(plan.next(at: 100, immediate) == .wait(until: 1_100))
        plan.changesWait(2, at: 900)
        #expect(plan.next(at: 900, immediate) == .wait(until: 1_100))
        #expect(plan.next(at: 1_100, immediate) == .changes)
        plan.changesWait(3, at: 950)
        #expect(plan.next(at: 950, immediate) == .changes)
        plan.began(full: true)
        plan.succeeded(full: false, at: 960, immediate, random: 0)
        // The next is due when the receiver was told so.
        #expect(plan.next(at: 960, immediate) == .wait(until: 100_960))
    }

    @Test func withoutImmediateModeChangesWaitForTheInterval() {
        var plan = UpdatePlan()
        plan.succeeded(full: true, at: 0, calm, random: 0)
        plan.changesWait(1_000, at: 10)
        #expect(plan.next(at: 50_000, calm) == .wait(until: 100_000))
    }

    /// 1, 2, 4, 8 and then no more than `retry`, each a quarter more or less; then a full update.
    @Test func failuresBackOffAndEndInAFullUpdate() {
        var plan = UpdatePlan()
        plan.succeeded(full: true, at: 0, immediate, random: 0)
        var now = 10
        for pause in [1_000, 2_000, 4_000, 8_000, 8_000] {
            plan.changesWait(1, at: now)
            plan.failed(at: now, immediate, random: 0.5)
            #expect(plan.next(at: now, immediate) == .wait(until: now + pause))
            now += pause
            #expect(plan.next(at: now, immediate) == .full)
        }
        plan.failed(at: 0, immediate, random: 0)
        #expect(plan.next(at: 0, immediate) == .wait(until: 6_000))
        plan.demandFull()
        #expect(plan.next(at: 0, immediate) == .full)
        plan.began(full: true)
        plan.succeeded(full: true, at: 20, immediate, random: 0)
        plan.failed(at: 30, immediate, random: 0.5)
        #expect(plan.next(at: 30, immediate) == .wait(until: 1_030))
    }

    /// An increment that succeeds does not stand for the full update that is owed.
    @Test func aFullUpdateStaysOwed() {
        var plan = UpdatePlan()
        plan.succeeded(full: true, at: 0, immediate, random: 0)
        plan.demandFull()
        plan.succeeded(full: false, at: 5, immediate, random: 0)
        #expect(plan.next(at: 5, immediate) == .full)
    }
}
