try{const d=document.documentElement,s=JSON.parse(localStorage.getItem("pmx:color-scheme"));if(s&&!("pmxOneScheme"in d.dataset))d.dataset.pathmxColorScheme=s}catch{}
{const o=(window.pmx??={}).opened={hash:location.hash};for(const t of["pointerdown","keydown","wheel","touchmove"])addEventListener(t,e=>{if(e.isTrusted)o.act=e},{capture:true,passive:true})}
