import Testing

@testable import KubernetesClient

@Suite("The token cache")
struct TokenCacheTests {
    typealias Cache = TokenCache<String>

    static let error = ConfigurationError("broken")

    /// What a request at `seconds` is told: the value to use, or the other action's name.
    private func ask(_ cache: inout Cache, _ seconds: Double) -> String {
        switch cache.request(now: .seconds(seconds)) {
        case .use(let entry): entry.value
        case .refresh: "<refresh>"
        case .wait: "<wait>"
        case .fail(let error): "<\(error)>"
        }
    }

    private func entry(_ outcome: Cache.Outcome) throws -> Cache.Entry {
        guard case .use(let entry) = outcome else {
            throw ConfigurationError("expected an entry, found \(outcome)")
        }
        return entry
    }

    @Test("lets one caller fetch and the others wait")
    func singleFlight() {
        var cache = Cache(.tokenFile)
        #expect(ask(&cache, 0) == "<refresh>")
        #expect(ask(&cache, 0) == "<wait>")
        #expect(ask(&cache, 3600) == "<wait>")
        _ = cache.fetched("a", now: .seconds(3600))
        #expect(ask(&cache, 3600) == "a")
    }

    @Test("reads a token file again 50 s after the last time, and lets one caller do so")
    func tokenFileInterval() {
        var cache = Cache(.tokenFile)
        _ = cache.request(now: .seconds(100))
        _ = cache.fetched("a", now: .seconds(100))
        #expect(ask(&cache, 149.9) == "a")
        #expect(ask(&cache, 150) == "<refresh>")
        #expect(ask(&cache, 150) == "<wait>")
        _ = cache.fetched("b", now: .seconds(151))
        #expect(ask(&cache, 200.9) == "b")
        #expect(ask(&cache, 201) == "<refresh>")
    }

    @Test("keeps a file's old token however long it cannot be read, trying every second")
    func keepsOldToken() throws {
        var cache = Cache(.tokenFile)
        _ = cache.request(now: .zero)
        _ = cache.fetched("a", now: .zero)
        #expect(ask(&cache, 1_000_000) == "<refresh>")
        #expect(try entry(cache.failed(Self.error, now: .seconds(1_000_000))).value == "a")
        #expect(ask(&cache, 1_000_000.9) == "a")
        #expect(ask(&cache, 1_000_001) == "<refresh>")
        _ = cache.fetched("b", now: .seconds(1_000_001))
        #expect(ask(&cache, 1_000_002) == "b")
    }

    @Test("without an old token fails, and looks for the file again at once")
    func missingFile() {
        var cache = Cache(.tokenFile)
        _ = cache.request(now: .zero)
        #expect(cache.failed(Self.error, now: .zero) == .fail(Self.error))
        #expect(ask(&cache, 0) == "<refresh>")
    }

    @Test("uses the initial token only while the file was never readable")
    func initialToken() throws {
        var cache = Cache(.tokenFile, initial: "fallback")
        #expect(ask(&cache, 0) == "<refresh>")
        #expect(try entry(cache.failed(Self.error, now: .zero)).value == "fallback")
        #expect(ask(&cache, 1) == "<refresh>")
        _ = cache.fetched("file", now: .seconds(1))
        #expect(ask(&cache, 60) == "<refresh>")
        #expect(try entry(cache.failed(Self.error, now: .seconds(60))).value == "file")
    }

    @Test("runs a plugin again 10 s before its credentials expire")
    func expiry() {
        var cache = Cache(.execPlugin)
        _ = cache.request(now: .zero)
        _ = cache.fetched("a", validity: .seconds(3600), now: .seconds(5))
        #expect(ask(&cache, 3594.9) == "a")
        #expect(ask(&cache, 3595) == "<refresh>")
    }

    @Test("runs a plugin once when its credentials do not expire")
    func noExpiry() {
        var cache = Cache(.execPlugin)
        _ = cache.request(now: .zero)
        _ = cache.fetched("a", now: .zero)
        #expect(ask(&cache, 1_000_000_000) == "a")
    }

    @Test("when a plugin fails keeps what has not expired, and no longer")
    func failureBeforeExpiry() throws {
        var cache = Cache(.execPlugin)
        _ = cache.request(now: .zero)
        _ = cache.fetched("a", validity: .seconds(100), now: .zero)
        #expect(ask(&cache, 90) == "<refresh>")
        #expect(try entry(cache.failed(Self.error, now: .seconds(93))).value == "a")
        #expect(ask(&cache, 97.9) == "a")
        #expect(ask(&cache, 98) == "<refresh>")
        #expect(cache.failed(Self.error, now: .seconds(100)) == .fail(Self.error))
    }

    @Test("does not run a failing plugin more often than every 5 s")
    func failingPlugin() {
        var cache = Cache(.execPlugin)
        _ = cache.request(now: .zero)
        _ = cache.failed(Self.error, now: .seconds(2))
        #expect(ask(&cache, 6.9) == "<broken>")
        #expect(ask(&cache, 7) == "<refresh>")
        _ = cache.fetched("a", now: .seconds(7))
        #expect(ask(&cache, 7) == "a")
    }

    @Test("uses credentials that arrive expired for 5 s, then asks again", arguments: [-3600, 0, 12])
    func expiredOnArrival(validity: Int) throws {
        var cache = Cache(.execPlugin)
        _ = cache.request(now: .zero)
        #expect(try entry(cache.fetched("a", validity: .seconds(validity), now: .zero)).value == "a")
        #expect(ask(&cache, 4.9) == "a")
        #expect(ask(&cache, 5) == "<refresh>")
    }

    @Test("loads a certificate file again after five minutes and keeps the old one on failure")
    func certificateFile() throws {
        var cache = Cache(.certificateFile)
        _ = cache.request(now: .zero)
        _ = cache.fetched("a", now: .zero)
        #expect(ask(&cache, 299.9) == "a")
        #expect(ask(&cache, 300) == "<refresh>")
        #expect(try entry(cache.failed(Self.error, now: .seconds(300))).value == "a")
    }

    @Test("after a 401 fetches anew, unless the rejected credentials are no longer the ones it holds")
    func rejection() throws {
        var cache = Cache(.tokenFile)
        _ = cache.request(now: .zero)
        let first = try entry(cache.fetched("a", now: .seconds(10)))

        cache.rejected(serial: first.serial, requestStarted: .seconds(9))
        #expect(ask(&cache, 11) == "a", "fetched after the request began")

        cache.rejected(serial: first.serial, requestStarted: .seconds(10))
        #expect(ask(&cache, 11) == "<refresh>")
        let second = try entry(cache.fetched("a", now: .seconds(11)))
        #expect(second.serial > first.serial, "every fetch has its own serial, even if it brought the same")

        cache.rejected(serial: first.serial, requestStarted: .seconds(12))
        #expect(ask(&cache, 12) == "a", "other credentials took their place since")
    }

    @Test("never goes back to rejected credentials, even when fetching fails")
    func rejectedAreGone() throws {
        var cache = Cache(.tokenFile)
        _ = cache.request(now: .zero)
        let first = try entry(cache.fetched("a", now: .zero))
        cache.rejected(serial: first.serial, requestStarted: .seconds(1))
        #expect(ask(&cache, 2) == "<refresh>")
        #expect(cache.failed(Self.error, now: .seconds(2)) == .fail(Self.error))
    }

    @Test("drops rejected credentials also while a fetch is under way")
    func rejectedDuringFetch() throws {
        var cache = Cache(.tokenFile)
        _ = cache.request(now: .zero)
        let first = try entry(cache.fetched("a", now: .zero))
        #expect(ask(&cache, 50) == "<refresh>")
        cache.rejected(serial: first.serial, requestStarted: .seconds(1))
        #expect(cache.failed(Self.error, now: .seconds(51)) == .fail(Self.error))
    }

    @Test("holds its rules under random schedules", arguments: 0..<200 as Range<UInt64>)
    func randomSchedule(seed: UInt64) throws {
        var generator = SplitMix64(state: seed)
        let policies = [Cache.Policy.tokenFile, .execPlugin, .certificateFile]
        let policy = policies[Int(seed % 3)]
        var cache = Cache(policy)
        var now = Duration.zero
        var isFetching = false
        var rejected: Set<Int> = []
        var latest: Cache.Entry?
        var lastEnd: Duration?

        func check(_ entry: Cache.Entry) {
            #expect(entry == latest, "seed \(seed): only the latest fetch is used")
            #expect(!rejected.contains(entry.serial), "seed \(seed): rejected credentials are not used")
            if let end = entry.expiresAt { #expect(now < end, "seed \(seed): nor expired ones") }
        }

        for _ in 0..<300 {
            now += .seconds(Double.random(in: 0...30, using: &generator))
            switch Int.random(in: 0..<4, using: &generator) {
            case 0, 1:
                switch cache.request(now: now) {
                case .use(let entry): check(entry)
                case .wait: #expect(isFetching, "seed \(seed): there is something to wait for")
                case .fail:
                    let isEarly = try now < #require(lastEnd) + policy.retryInterval
                    #expect(policy.remembersFailure && isEarly && !isFetching, "seed \(seed)")
                case .refresh:
                    #expect(!isFetching, "seed \(seed): one fetch at a time")
                    isFetching = true
                }
            case 2 where isFetching:
                isFetching = false
                lastEnd = now
                if Bool.random(using: &generator) {
                    let validity = Bool.random(using: &generator) ? Duration.seconds(100) : nil
                    let outcome = cache.fetched("v", validity: validity, now: now)
                    latest = try entry(outcome)
                    if let latest { check(latest) }
                } else if case .use(let entry) = cache.failed(Self.error, now: now) {
                    check(entry)
                }
            case 3:
                if let latest {
                    cache.rejected(serial: latest.serial, requestStarted: now)
                    rejected.insert(latest.serial)
                }
            default: break
            }
        }
    }
}

/// A small generator whose whole state is its seed, so that a failing schedule can be replayed.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
