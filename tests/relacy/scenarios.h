/* scenarios.h: what Relacy runs. Each guards plain data by one object: two who touch it without being ordered one after
 * the other are a race, and a lost wake-up is a deadlock. */
#ifndef RELACY_SCENARIOS_H
#define RELACY_SCENARIOS_H

#include "world.h"

/* ---- what scenarios are made of ---- */

/* Data that an object guards. */
class plain
{
  public:
    plain()
    {
        value($) = 0;
    }
    unsigned get()
    {
        unsigned is = value($);
        resume();
        return is;
    }
    void set(unsigned to)
    {
        value($) = to;
        resume();
    }
    void count()
    {
        set(get() + 1);
    }

  private:
    rl::var<unsigned> value;
};

static void expect(ism_status status, ism_status expected)
{
    RL_ASSERT(status == expected);
}

template <class self, int threads> struct story : rl::test_suite<self, threads>, world {
    plain data;
    story()
    {
        begin(this);
    }
    void thread(unsigned index)
    {
        resume();
        static_cast<self *>(this)->act(index);
    }
    void die()
    {
        ended[resume()].store(true, rl::mo_release, $);
        resume();
    }
};

template <class object> static object *at(size_t word)
{
    return reinterpret_cast<object *>(memory + word);
}
static ism_mutex *const mutex = at<ism_mutex>(0);
static ism_rwlock *const rwlock = at<ism_rwlock>(2);
static ism_semaphore *const semaphore = at<ism_semaphore>(2);
static ism_event *const event = at<ism_event>(2);
static ism_condition *const condition = at<ism_condition>(2);
static ism_barrier *const barrier = at<ism_barrier>(2);
static ism_once *const once = at<ism_once>(2);

/* ---- the scenarios ---- */

template <int threads> struct mutexes : story<mutexes<threads>, threads> {
    void act(unsigned)
    {
        for (int round = 0; round < 2; round++) {
            expect(ism_mutex_lock(mutex), ISM_OK);
            this->data.count();
            expect(ism_mutex_unlock(mutex), ISM_OK);
        }
    }
    void after()
    {
        RL_ASSERT(this->data.get() == 2 * threads);
    }
};

struct tries : story<tries, 3> {
    unsigned taken;
    void before()
    {
        taken = 0;
    }
    void act(unsigned index)
    {
        ism_status status = index == 0 ? ism_mutex_lock(mutex) : ism_mutex_try_lock(mutex);
        if (status == ISM_E_BUSY && index != 0)
            return;
        expect(status, ISM_OK);
        data.count();
        taken++;
        expect(ism_mutex_unlock(mutex), ISM_OK);
    }
    void after()
    {
        RL_ASSERT(data.get() == taken);
    }
};

/* The first thread dies with the lock, and has left a mark in the data. */
template <int threads> struct dying_owner : story<dying_owner<threads>, threads> {
    bool is_told;
    void before()
    {
        this->sleeps_end = true, is_told = false;
    }
    void act(unsigned index)
    {
        ism_status status = ism_mutex_lock(mutex);
        if (status == ISM_OWNER_DIED) {
            RL_ASSERT(this->data.get() == 1 && !is_told);
            is_told = true;
            this->data.set(0);
            expect(ism_mutex_consistent(mutex), ISM_OK);
        } else {
            expect(status, ISM_OK);
            RL_ASSERT(this->data.get() == 0);
        }
        if (index == 0) {
            this->data.set(1);
            this->die();
        } else
            expect(ism_mutex_unlock(mutex), ISM_OK);
    }
};

/* The first thread dies with the lock. Who is told that another gave it up sees what that one did before. */
struct lock_given_up : story<lock_given_up, 3> {
    void before()
    {
        sleeps_end = true;
    }
    void act(unsigned index)
    {
        ism_status status = ism_mutex_lock(mutex);
        if (index == 0 && status == ISM_OK)
            return die();
        if (status == ISM_E_UNRECOVERABLE) {
            RL_ASSERT(data.get() == 1);
            return;
        }
        RL_ASSERT(status == ISM_OK || status == ISM_OWNER_DIED);
        if (status == ISM_OWNER_DIED)
            data.set(1);
        expect(ism_mutex_unlock(mutex), ISM_OK);
    }
};

/* Readers see either all or nothing of what writers do. */
template <int writers, int readers> struct rwlocks : story<rwlocks<writers, readers>, writers + readers> {
    plain other;
    void act(unsigned index)
    {
        for (int round = 0; round < (writers + readers == 2 ? 2 : 1); round++) {
            bool writes = index < writers;
            expect(writes ? ism_rwlock_write_lock(rwlock) : ism_rwlock_read_lock(rwlock), ISM_OK);
            if (writes)
                this->data.count(), other.count();
            else
                RL_ASSERT(this->data.get() == other.get());
            expect(ism_rwlock_unlock(rwlock), ISM_OK);
        }
    }
};

/* All slots are taken, the first one by a thread that leaves at some time; the other one waits for it. */
struct full_rwlock : story<full_rwlock, 2> {
    void before()
    {
        for (size_t slot = 0; slot < ISM_READERS_MAX; slot++)
            words[2 + 4 + slot].store(seam_life(slot == 0 ? 0 : THREADS), rl::mo_relaxed, $);
    }
    void act(unsigned index)
    {
        if (index == 0)
            for (unsigned steps = rl::rand(400); steps > 0; steps--)
                rl::ctx().sched(), resume();
        else
            expect(ism_rwlock_read_lock(rwlock), ISM_OK);
        expect(ism_rwlock_unlock(rwlock), ISM_OK);
    }
};

template <bool writes> struct dying_reader_or_writer : story<dying_reader_or_writer<writes>, 3> {
    void before()
    {
        this->sleeps_end = true;
    }
    void act(unsigned index)
    {
        bool is_first = index == 0;
        ism_status status = writes == is_first ? ism_rwlock_write_lock(rwlock) : ism_rwlock_read_lock(rwlock);
        if (status == ISM_OWNER_DIED) {
            RL_ASSERT(writes && this->data.get() == 1);
            this->data.set(0);
            expect(ism_rwlock_consistent(rwlock), ISM_OK);
        } else {
            expect(status, ISM_OK);
            RL_ASSERT(this->data.get() == 0);
            if (!writes && !is_first) {
                this->data.set(1);
                this->data.set(0);
            }
        }
        if (is_first) {
            if (writes)
                this->data.set(1);
            this->die();
        } else
            expect(ism_rwlock_unlock(rwlock), ISM_OK);
    }
};

/* One permit is a lock. */
template <int threads> struct semaphores : story<semaphores<threads>, threads> {
    void act(unsigned index)
    {
        if (index == 0)
            this->data.set(1);
        else {
            expect(ism_semaphore_wait(semaphore), ISM_OK);
            this->data.count();
        }
        expect(ism_semaphore_post(semaphore, 1), ISM_OK);
    }
    void after()
    {
        RL_ASSERT(this->data.get() == threads);
    }
};

/* Permits of two posters: both are seen by who takes both. */
struct two_posters : story<two_posters, 3> {
    plain other;
    void act(unsigned index)
    {
        if (index == 2) {
            expect(ism_semaphore_wait(semaphore), ISM_OK);
            expect(ism_semaphore_wait(semaphore), ISM_OK);
            RL_ASSERT(data.get() == 1 && other.get() == 1);
        } else {
            (index == 0 ? data : other).set(1);
            expect(ism_semaphore_post(semaphore, 1), ISM_OK);
        }
    }
};

/* An event that is taken is a lock. */
template <int threads> struct taken_events : story<taken_events<threads>, threads> {
    void act(unsigned index)
    {
        if (index == 0)
            this->data.set(1);
        else {
            expect(ism_event_take(event), ISM_OK);
            this->data.count();
        }
        expect(ism_event_set(event), ISM_OK);
    }
    void after()
    {
        RL_ASSERT(this->data.get() == threads);
    }
};

/* One who sets it, and may reset it at once; all who wait go on. */
template <bool resets> struct watched_event : story<watched_event<resets>, 3> {
    void act(unsigned index)
    {
        if (index == 0) {
            this->data.set(1);
            expect(ism_event_set(event), ISM_OK);
            if (resets)
                expect(ism_event_reset(event), ISM_OK);
        } else {
            ism_status status = resets ? ism_event_try_wait(event) : ism_event_wait(event);
            if (status == ISM_E_BUSY && resets)
                return;
            expect(status, ISM_OK);
            RL_ASSERT(this->data.get() == 1);
        }
    }
};

/* The first makes an item for each of the others, and tells with or without the mutex. */
template <int threads, bool inside> struct conditions : story<conditions<threads, inside>, threads> {
    void tell()
    {
        expect(threads > 2 ? ism_condition_broadcast(condition) : ism_condition_signal(condition), ISM_OK);
    }
    void act(unsigned index)
    {
        expect(ism_mutex_lock(mutex), ISM_OK);
        if (index == 0) {
            this->data.set(threads - 1);
            if (inside)
                tell();
        } else {
            while (this->data.get() == 0)
                expect(ism_condition_wait(condition, mutex), ISM_OK);
            this->data.set(this->data.get() - 1);
        }
        expect(ism_mutex_unlock(mutex), ISM_OK);
        if (index == 0 && !inside)
            tell();
    }
    void after()
    {
        RL_ASSERT(this->data.get() == 0);
    }
};

/* Whoever is told sees what the other wrote before it told, without the mutex. */
struct told_condition : story<told_condition, 2> {
    plain other;
    bool is_waited_for()
    {
        expect(ism_mutex_lock(mutex), ISM_OK);
        bool is = data.get() == 1;
        expect(ism_mutex_unlock(mutex), ISM_OK);
        return is;
    }
    void act(unsigned index)
    {
        if (index == 0) {
            while (!is_waited_for())
                continue;
            other.set(1);
            expect(ism_condition_signal(condition), ISM_OK);
            return;
        }
        expect(ism_mutex_lock(mutex), ISM_OK);
        data.set(1);
        expect(ism_condition_wait(condition, mutex), ISM_OK);
        RL_ASSERT(other.get() == 1);
        expect(ism_mutex_unlock(mutex), ISM_OK);
    }
};

/* Everybody sees what all others wrote before, and writes again after the next round. */
template <int threads> struct barriers : story<barriers<threads>, threads> {
    plain written[threads];
    unsigned last;
    void before()
    {
        last = 0;
    }
    void arrive()
    {
        ism_status status = ism_barrier_arrive(barrier, threads);
        if (status == ISM_LAST_PARTY)
            last++;
        else
            expect(status, ISM_OK);
    }
    void act(unsigned index)
    {
        for (unsigned round = 1; round <= 2; round++) {
            written[index].set(round);
            arrive();
            for (int i = 0; i < threads; i++)
                RL_ASSERT(written[i].get() == round);
            arrive();
        }
    }
    void after()
    {
        RL_ASSERT(last == 4);
    }
};

/* Some party gives up, and comes again. */
struct late_party : story<late_party, 3> {
    plain written[3];
    void before()
    {
        deadlines_pass = sleeps_end = true;
    }
    void act(unsigned index)
    {
        written[index].set(1);
        ism_status status;
        do
            status = ism_barrier_arrive_until(barrier, 3, index == 0 ? 2000 : ISM_FOREVER);
        while (status == ISM_E_TIMED_OUT && index == 0);
        RL_ASSERT(status == ISM_OK || status == ISM_LAST_PARTY);
        for (int i = 0; i < 3; i++)
            RL_ASSERT(written[i].get() == 1);
    }
};

template <int threads> struct onces : story<onces<threads>, threads> {
    static ism_status run(void *context)
    {
        static_cast<onces *>(context)->data.count();
        return ISM_OK;
    }
    void act(unsigned)
    {
        expect(ism_once_run(once, run, this), ISM_OK);
        RL_ASSERT(this->data.get() == 1);
    }
};

#endif
